// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>

#include "sidecar/demo/client.hpp"
#include "sidecar/demo/mix.hpp"

namespace outrigger::demo {

struct RouteResult {
    std::string name;
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;   // a status of 500 or more, or no whole answer
    Duration p50 = {};
    Duration p95 = {};
    Duration max = {};
};

struct Results {
    Duration took = {};
    std::vector<RouteResult> routes;   // those that were asked for, in the order of the mix
    RouteResult all;
    std::uint64_t reached = 0;   // of all requests: those that found a connection
    std::uint64_t served = 0;    // of all requests: whole answers below 500
};

// Latencies of one route. Exact up to `samples_max`; after that a fair sample of as many (algorithm R).
class Latencies {
public:
    static constexpr std::size_t samples_max = 20'000;

    void add(Duration latency);
    // The smallest latency that at least this share of the requests did not exceed (nearest rank); 0 without
    // any.
    [[nodiscard]] Duration percentile(double share) const;
    [[nodiscard]] Duration max() const noexcept { return max_; }

private:
    std::vector<Duration> samples_;
    std::uint64_t seen_ = 0;
    Duration max_ = {};
    Rng rng_{1};
};

// What the load saw. Not thread-safe.
class Tally {
public:
    void count(const Planned& planned, const Response& response);
    [[nodiscard]] std::uint64_t requests() const noexcept { return all_.requests; }
    [[nodiscard]] std::uint64_t errors() const noexcept { return all_.errors; }
    [[nodiscard]] Results results(Duration took) const;

private:
    struct Row {
        std::uint64_t requests = 0;
        std::uint64_t errors = 0;
        Latencies latencies;

        void count(const Response& response);
        [[nodiscard]] RouteResult result(std::string name) const;
    };

    std::array<Row, mix.size()> rows_;
    Row all_;
    std::uint64_t reached_ = 0;
    std::uint64_t served_ = 0;
};

}  // namespace outrigger::demo
