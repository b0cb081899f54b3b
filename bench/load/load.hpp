// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

#include "bench/load/connection.hpp"
#include "bench/load/latency_histogram.hpp"
#include "bench/load/messages.hpp"
#include "bench/load/origin.hpp"
#include "bench/load/poller.hpp"

namespace outrigger::bench {

enum class Mode : std::uint8_t {
    saturation,   // each connection asks again as soon as it has its reply, for a time
    count,        // the same, for a number of requests
    rate,         // requests fall due at a fixed rate, whether or not replies come
    idle,         // each connection asks once, then all stay open until stdin ends
};

struct LoadSettings {
    Mode mode = Mode::saturation;
    Address target;                    // the proxy
    Address origin;                    // where the proxy finds its app: this program
    std::size_t connections = 32;
    Duration warm_up = std::chrono::milliseconds{500};   // not measured; saturation and rate only
    Duration length = std::chrono::seconds{3};           // measured, after the warm-up
    std::uint64_t requests = 0;        // count only
    Rate rate;                         // rate only
};

struct LoadReport {
    std::uint64_t requests = 0;        // sent and rightly answered, the warm-up included
    std::uint64_t origin_requests = 0; // seen by the origin: more than `requests` means that the proxy retried
    std::uint64_t unsent = 0;          // rate: due, but no connection was free before the patience ended
    Duration measured_for{};
    Duration wall{};                   // of the whole run
    Duration cpu{};                    // used by this program: as much as `wall` means that it is the bottleneck
    LatencyHistogram latencies;        // of the measured requests only
};

// Load generator and origin in one thread, so that neither waits for a core while the proxy has one of its own.
// run() throws at the first thing that is not as it should be: a wrong reply, a closed connection, five silent seconds.
class Load {
public:
    explicit Load(LoadSettings settings);
    [[nodiscard]] LoadReport run();

private:
    void run_closed();
    void run_at_rate();
    void run_idle();

    Connection& open_caller();
    void ask(Connection& caller, Instant due);
    void take_reply(Connection& caller);
    [[noreturn]] void fail_closed(Connection& caller);
    void after_reply(Connection& caller, Instant now);
    void record(Instant asked, Instant replied);
    void turn(std::chrono::milliseconds limit);
    void finish_outstanding();

    LoadSettings settings_;
    SystemClock clock_;
    Poller poller_;
    Origin origin_;
    Request request_;
    std::vector<std::unique_ptr<Connection>> callers_;
    std::vector<Connection*> free_;    // rate: callers without a request under way
    Instant measure_from_{};
    Instant stop_at_ = never;
    std::uint64_t asked_ = 0;
    std::uint64_t most_requests_ = UINT64_MAX;
    LoadReport report_;
};

}  // namespace outrigger::bench
