// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/metrics/exemplar.hpp>
#include <outrigger/metrics/http_method.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

// What the instruments of both sides, http_server.hpp and http_client.hpp, are told.
namespace outrigger::metrics {

// Upper bounds of the duration's buckets, in nanoseconds: those of the OpenTelemetry conventions and .001,
// .0025 below and .05 between, because a sidecar also sees local services.
inline constexpr std::array<std::uint64_t, 16> http_duration_bounds{
    1'000'000,     2'500'000,     5'000'000,     10'000'000,    25'000'000,  50'000'000,
    75'000'000,    100'000'000,   250'000'000,   500'000'000,   750'000'000, 1'000'000'000,
    2'500'000'000, 5'000'000'000, 7'500'000'000, 10'000'000'000};

// Upper bounds of the body sizes' buckets, in bytes: powers of four from 256 B to 64 MiB. The conventions
// name none.
inline constexpr std::array<std::uint64_t, 10> http_body_size_bounds{
    256, 1'024, 4'096, 16'384, 65'536, 262'144, 1'048'576, 4'194'304, 16'777'216, 67'108'864};

// A route template such as "/users/{id}". `id` is what the hot path compares first; an id that comes back
// with another template (after a reload) counts as another route. An empty template: the label is left out.
struct HttpRoute {
    std::uint32_t id = 0;
    std::string_view template_ = {};
};

// One ended exchange, as one side saw it.
struct HttpCall {
    HttpMethod method = HttpMethod::other;
    HttpRoute route = {};
    int status = 0;                          // 0 or outside 100..999: no status, the label is left out
    std::optional<Reason> reason =
        {};   // becomes error_type; without one, a status from 500 (server side) or 400 (client side) on does
    Duration duration = {};                  // negative counts as zero
    std::optional<Bytes> request_body = {};  // nothing: not observed
    std::optional<Bytes> response_body = {};
    TraceRef trace = {};                     // what its duration may become the exemplar of; without a trace id of none
};

class HttpShard;   // one recorder's cells

// Takes back what a recorder's begin() added to http_server_active_requests or http_client_active_requests.
// Destroy it on the recorder's thread, before the recorder.
class ActiveRequest {
public:
    ActiveRequest() noexcept = default;
    ActiveRequest(const ActiveRequest&) = delete;
    ActiveRequest& operator=(const ActiveRequest&) = delete;
    ActiveRequest(ActiveRequest&& from) noexcept
        : shard_{std::exchange(from.shard_, nullptr)}, method_{from.method_} {}
    ActiveRequest& operator=(ActiveRequest&& from) noexcept {
        std::swap(shard_, from.shard_);
        std::swap(method_, from.method_);
        return *this;
    }
    ~ActiveRequest();

private:
    friend class HttpServerRecorder;
    friend class HttpClientRecorder;
    ActiveRequest(HttpShard& shard, HttpMethod method) noexcept : shard_{&shard}, method_{method} {}

    HttpShard* shard_ = nullptr;
    HttpMethod method_ = HttpMethod::other;
};

}  // namespace outrigger::metrics
