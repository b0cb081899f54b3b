// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <outrigger/core/task.hpp>

#include "sidecar/proxy/attempt.hpp"
#include "sidecar/proxy/exchange.hpp"
#include "sidecar/proxy/local_reply.hpp"
#include "sidecar/upstream/cluster.hpp"

namespace outrigger::proxy {

// What the caller will be told: the endpoint's reply (its head in exchange.reply_head(), its body on the lease's
// connection), or one of our own.
struct Reply {
    upstream::Lease lease;                 // holds the connection until the body has left
    std::optional<LocalReply> local;       // instead of an endpoint's reply
    std::string_view endpoint;
    resilience::Slot slot = {};            // of inbound.limit, likewise
};

// Takes a request to a reply. The order of the policies is decided here and nowhere else.
[[nodiscard]] Task<Reply> conduct(Exchange& exchange, upstream::Cluster& cluster);

}  // namespace outrigger::proxy
