// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/demo/client.hpp"
#include "sidecar/demo/stoppable_wait.hpp"
#include "sidecar/demo/tally.hpp"

namespace outrigger::demo {

struct LoadSettings {
    std::string server;   // "http://127.0.0.1:8080"
    Duration duration;
    Rate rate = 40_per_second;   // of all threads together; above 0
    std::size_t threads = 16;    // bounds how many requests wait at once
    std::uint64_t seed = 1;
};

// A gentle load on the shop: requests of the mix, evenly spaced, on kept-alive connections. It begins when it
// is made and ends by itself. Requests that could not start in time because all threads were waiting are left
// out, not caught up with. The clock must outlive it; any thread may call.
class Load {
public:
    Load(LoadSettings settings, const Clock& clock);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    struct Progress {
        Duration elapsed = {};
        std::uint64_t requests = 0;
        std::uint64_t errors = 0;
        bool finished = false;
    };
    [[nodiscard]] Progress progress() const;

    // Starts no further request, waits for those under way, closes the connections, and tells. By its maker's
    // thread only.
    Results stop();

private:
    void work(Client& client, Rng rng);
    [[nodiscard]] std::optional<Instant> next_turn();   // nothing: the load is over

    const LoadSettings settings_;
    const Clock& clock_;
    const Instant began_;
    StoppableWait pauses_;
    std::atomic<std::uint64_t> numbers_ = 0;
    std::atomic<std::size_t> working_;
    mutable std::mutex mutex_;   // guards the three below
    Instant next_;
    Instant last_answer_;
    Tally tally_;
    std::vector<Client> clients_;
    std::vector<std::jthread> threads_;   // last: they end before what they use
};

}  // namespace outrigger::demo
