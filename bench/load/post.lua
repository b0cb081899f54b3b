-- SPDX-License-Identifier: Apache-2.0
-- For wrk: one record of about 300 bytes a post, as a program's logger writes it; whatever is not a 202 counts as an error.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"level":30,"time":1763633538123,"pid":4711,"hostname":"orders-7d9f8b6c5-x2x4z","msg":"order placed",' ..
    '"context":"OrdersService","order":{"id":"a3f1c2d4","items":3,"total":"59.90","currency":"EUR"},' ..
    '"user":{"id":"u-20871","tier":"gold"},"trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"},"responseTime":12.4}'

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() refused = 0 end
function response(status) if status ~= 202 then refused = refused + 1 end end
function done(summary, latency)
    local refusals = 0
    for _, thread in ipairs(threads) do refusals = refusals + thread:get("refused") end
    local errors = summary.errors
    io.write(string.format('{"posts": %d, "seconds": %.3f, "refused": %d, "failed": %d, "p50_ms": %.2f, "p99_ms": %.2f, "max_ms": %.2f}\n',
        summary.requests, summary.duration / 1e6, refusals, errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
