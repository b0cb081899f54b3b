// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>

#include "sidecar/net/socket.hpp"
#include "sidecar/upstream/peak_ewma.hpp"

namespace outrigger::upstream {

// Tells apart the endpoints that an upstream has had; no number is used twice.
enum class EndpointId : std::uint64_t { none = 0 };

// One address of an upstream, and what all workers together know of it. It lives as long as the address is resolved, or
// a call on it runs. The policies' parts are theirs to read and write: see PeakEwma, OutlierDetector, Balancer.
//
// All counters are atomic and relaxed: each stands for itself. What every call writes lies on a cache line of its own.
class Endpoint {
public:
    // `joined`: when it came to the others, its share of the calls growing from then on; nothing: it was there from the
    // beginning.
    Endpoint(EndpointId id, const net::SocketAddress& address, std::optional<Instant> joined = {})
        : id_{id}, address_{address}, name_{address.text()}, joined_{joined.value_or(Instant::min())} {}
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    [[nodiscard]] EndpointId id() const noexcept { return id_; }
    [[nodiscard]] const net::SocketAddress& address() const noexcept { return address_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }   // "10.0.0.5:80"

    // Calls that it has been given and that have not ended, whatever the worker.
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }
    void begin_call() noexcept { in_flight_.fetch_add(1, std::memory_order_relaxed); }
    void end_call() noexcept { in_flight_.fetch_sub(1, std::memory_order_relaxed); }
    [[nodiscard]] PeakEwma& latency() noexcept { return latency_; }
    [[nodiscard]] const PeakEwma& latency() const noexcept { return latency_; }

    // What an OutlierDetector keeps of it.
    struct Standing {
        std::atomic<std::uint32_t> failures_in_a_row{0};
        std::atomic<Instant> ejected_until{Instant::min()};   // min: never was
        std::atomic<std::uint32_t> ejections{0};              // of late: see OutlierDetector
    };
    [[nodiscard]] Standing& standing() noexcept { return standing_; }
    [[nodiscard]] const Standing& standing() const noexcept { return standing_; }
    [[nodiscard]] Instant ejected_until() const noexcept {
        return standing_.ejected_until.load(std::memory_order_relaxed);
    }

    // From when on its share grows: it joined, or came back from its last ejection. Instant::min(): neither.
    [[nodiscard]] Instant began(bool heeds_ejections) const noexcept {
        return heeds_ejections ? std::max(joined_, ejected_until()) : joined_;
    }

private:
    const EndpointId id_;
    const net::SocketAddress address_;
    const std::string name_;
    const Instant joined_;
    Standing standing_;   // written when calls fail
    alignas(64) std::atomic<std::uint32_t> in_flight_{0};   // written by every call
    PeakEwma latency_;
};

// All endpoints of an upstream at a time; never changed, but followed by another one.
struct EndpointList {
    std::vector<std::shared_ptr<Endpoint>> all;
    Fault why_none = {Reason::no_endpoints, "the upstream has no endpoint"};   // what calls are told while it is empty
};

}   // namespace outrigger::upstream
