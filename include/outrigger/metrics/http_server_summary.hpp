// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/http_server.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What the server-side figures come to since the start, for people rather than for a scraper.
namespace outrigger::metrics {

// A quantile as a histogram allows it: interpolated within its bucket, as Prometheus' histogram_quantile does.
struct Estimate {
    Duration at = {};
    bool beyond = false;   // it lies above `at`, the highest bound; how far nobody knows
};

struct HttpServerSummary {
    struct Latency {
        std::optional<Estimate> p50;   // nothing: nothing was observed
        std::optional<Estimate> p99;
    };
    struct Error {
        std::string type;   // as the label error_type
        std::uint64_t count = 0;
    };
    struct Route {
        std::string route;   // the template; empty: the exchanges without one
        std::uint64_t requests = 0;
        std::uint64_t errors = 0;
        Latency latency;
    };
    struct Stream {
        StreamKind kind = StreamKind::event_stream;
        std::uint64_t active = 0;
        std::uint64_t ended = 0;
    };

    std::uint64_t requests = 0;   // ended exchanges
    std::uint64_t active = 0;     // begun and not ended
    std::uint64_t failed = 0;     // of `requests`: those with an error_type
    std::array<std::uint64_t, 6> by_class{};   // of `requests`, 1xx to 5xx at 1 to 5; at 0 those without a known status
    std::vector<Error> errors;    // the most frequent first
    std::vector<Route> routes;    // the most frequent first
    std::vector<Stream> streams;  // the kinds that were seen
    Latency latency;
    Latency overhead;
};

}  // namespace outrigger::metrics
