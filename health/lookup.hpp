// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/health/probe.hpp>

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace outrigger::health {

struct FoundAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    [[nodiscard]] const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] std::string host() const;   // "127.0.0.1", "::1"
    [[nodiscard]] std::string text() const;   // "127.0.0.1:80"; IPv6 without brackets, as Node prints it
};

// Looks names up with getaddrinfo(3), which cannot be told when to give up: on a thread of its own, so that a resolver
// that hangs costs a run its deadline and no more. As long as one look-up hangs no second one begins: later runs
// wait for the same. Thread-safe; one per check.
class Lookup {
public:
    struct Answer {
        std::vector<FoundAddress> addresses;   // empty: `failure` says why
        Outcome failure;
    };
    Lookup(std::string host, std::uint16_t port) : host_{std::move(host)}, port_{port} {}
    [[nodiscard]] Answer ask(const Probe& probe);

private:
    class Pending;
    std::string host_;
    std::uint16_t port_;
    std::mutex mutex_;
    std::shared_ptr<Pending> pending_;
};

// Tries the addresses one after the other until one is up, each with its share of the time that is left, so that one that
// swallows packets leaves time for the next. Otherwise what the last one said, or `failure` if there is none.
[[nodiscard]] Outcome try_each(const Lookup::Answer& answer, const Probe& probe,
                               const std::function<Outcome(const FoundAddress&, const Probe& share)>& attempt);

}   // namespace outrigger::health
