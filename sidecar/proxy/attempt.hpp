// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <outrigger/core/task.hpp>
#include <outrigger/resilience/verdict.hpp>

#include "sidecar/proxy/exchange.hpp"
#include "sidecar/upstream/cluster.hpp"

namespace outrigger::proxy {

// One try at getting a reply. It may use a pooled connection; its replay after a stale one may not.
struct Attempt {
    std::uint32_t number = 1;
    upstream::Cluster::Reuse reuse = upstream::Cluster::Reuse::allowed;
    Duration backoff{};   // of the pause before it

    [[nodiscard]] bool is_replay() const noexcept { return reuse == upstream::Cluster::Reuse::never; }
    [[nodiscard]] Attempt replay() const noexcept { return {number, upstream::Cluster::Reuse::never, backoff}; }
    [[nodiscard]] Attempt following(Duration pause) const noexcept {
        return {number + 1, upstream::Cluster::Reuse::allowed, pause};
    }
};

// What an attempt came to: the reply's head (in exchange.reply_head()) on a connection that holds its body, or a fault.
class Outcome {
public:
    Outcome(upstream::Lease lease, Result<void> head) noexcept
        : lease_{std::move(lease)}, head_{head}, reached_{true} {}
    // No connection was to be had: nothing of the request has left.
    explicit Outcome(const Fault& unreached) noexcept : head_{unreached} {}

    [[nodiscard]] bool has_reply() const noexcept { return head_.has_value(); }
    [[nodiscard]] bool reached() const noexcept { return reached_; }
    [[nodiscard]] const Fault& fault() const noexcept { return head_.error(); }
    [[nodiscard]] upstream::Lease& lease() noexcept { return lease_; }

    // The connection was one that the endpoint was already closing, and nothing was lost by that: the request is safe to
    // repeat, or the endpoint's program has certainly not seen it. Then it may go again, once, on another connection, and
    // that is neither a retry nor a failure of the endpoint.
    [[nodiscard]] bool stale(const Exchange& exchange) const noexcept;

    // The table "Retries, breaker, ejection" of the product page: what it means for the breaker and for a retry.
    [[nodiscard]] resilience::Assessment assess(Exchange& exchange) const noexcept;

    // Nobody will read the reply: if it ends soon (within 64 KiB, and until `until`), its connection can carry the next
    // request; else it closes. The upload ends. Nothing is held afterwards.
    [[nodiscard]] Task<void> discard(Exchange& exchange, Instant until);

private:
    upstream::Lease lease_;
    Result<void> head_;
    bool reached_ = false;
};

// Whether a call may be made twice: by its method, because its caller says so, or because a route does.
[[nodiscard]] bool safe_to_repeat(const Exchange& exchange) noexcept;

// Sends the request on the lease's connection and waits for the reply's head; interim replies are passed on. The
// upload of a body goes on beside it, and after it: see Exchange::upload(). A lease that did not come is an outcome, too.
// The request is sent at once, not when the task is awaited. For a tunnel nothing is sent, and being connected is the
// reply.
[[nodiscard]] Task<Outcome> perform(Result<upstream::Lease>&& lease, Exchange& exchange);

}  // namespace outrigger::proxy
