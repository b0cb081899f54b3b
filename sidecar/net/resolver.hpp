// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>

#include "sidecar/net/socket.hpp"

namespace outrigger::net {

// What a name stands for, as those who must know say it.
struct NameAnswer {
    std::vector<SocketAddress> addresses;   // of both families, in no particular order, port 0; empty: there are none
    Duration ttl{};                         // how long that holds; zero: they do not say
    std::string_view none = {};             // why there are none, in words; refers to static storage
};

// Looks names up. A seam: DnsResolver, and what tests say instead.
class Resolver {
public:
    virtual ~Resolver() = default;
    // Fault: dns_failed, when nobody who knows gave an answer, and why; or the wait's own.
    [[nodiscard]] virtual Task<Result<NameAnswer>> resolve(std::string host, Wait wait) = 0;
};

}   // namespace outrigger::net
