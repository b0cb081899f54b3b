// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <outrigger/core/task.hpp>

#include "sidecar/proxy/exchange.hpp"
#include "sidecar/upstream/cluster.hpp"

namespace outrigger::proxy {

// One try at getting a reply. The first may use a pooled connection; a replay after a stale one may not.
struct Attempt {
    std::uint32_t number = 1;
    upstream::Cluster::Reuse reuse = upstream::Cluster::Reuse::allowed;

    [[nodiscard]] Attempt replay() const noexcept { return {number, upstream::Cluster::Reuse::never}; }
};

// What an attempt came to: the reply's head (in exchange.reply_head()) on a connection that holds its body, or a fault.
class Outcome {
public:
    Outcome(upstream::Lease lease, Result<void> head) noexcept : lease_{std::move(lease)}, head_{head} {}

    [[nodiscard]] bool has_reply() const noexcept { return head_.has_value(); }
    [[nodiscard]] const Fault& fault() const noexcept { return head_.error(); }
    [[nodiscard]] upstream::Lease& lease() noexcept { return lease_; }

    // The connection was one that the endpoint was already closing, and nothing was lost by that: the request is safe to
    // repeat, or the endpoint's program has certainly not seen it. Then it may go again, once, on another connection, and
    // that is neither a retry nor a failure of the endpoint.
    [[nodiscard]] bool stale(const Exchange& exchange) const noexcept;

private:
    upstream::Lease lease_;
    Result<void> head_;
};

// Sends the request on the lease's connection and waits for the reply's head; interim replies are passed on. The
// upload of a body goes on beside it, and after it: see Exchange::upload().
// The request is sent at once, not when the task is awaited.
[[nodiscard]] Task<Outcome> perform(upstream::Lease lease, Exchange& exchange);

}  // namespace outrigger::proxy
