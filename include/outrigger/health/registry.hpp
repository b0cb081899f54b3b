// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/health/board.hpp>
#include <outrigger/health/probe.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace outrigger::health {

class Refresher;

struct Settings {
    // What a check has that does not say otherwise. Without a result for three intervals and a timeout it is stale.
    Duration refresh = std::chrono::seconds{5};
    Duration timeout = std::chrono::seconds{1};
    // Checks that run at the same time, at most: a check that hangs occupies one of them.
    std::size_t threads = 4;
    // A worker silent for so long is stuck, and /health/live fails.
    Duration wedged_after = std::chrono::seconds{30};
    // Told of every change, on whatever thread made it. It must not call the registry, and should be quick.
    // What it throws is ignored.
    std::function<void(const CheckChanged&)> on_change = {};
    // Runs checks on threads of your own instead of the pool: calls the function it is given, once. They should block
    // SIGPIPE, as the pool's do: TLS connections of health_drivers can raise it. What it throws is ignored: the check is
    // told as stale.
    std::function<void(std::function<void()> run)> execute = {};
};

// This process's health: checks that are refreshed in the background, and documents that cost a probe nothing to
// answer. All functions may be called from any thread.
//
// Hidden threads: none until the first check with an indicator; then one that keeps the time, and up to
// Settings::threads that run checks (none if `execute` is given). The destructor asks runs in progress to stop
// and waits for them, without bound: they end at once where they wait with the Probe, as most indicators of this library
// do, and when they return where they wait in a call that knows no deadline: a check of your own, or disk() and
// file_age() on a file system that hangs. Call stop() before where that must not hold up the end of the process.
class Registry {
public:
    // Throws std::invalid_argument for a refresh or timeout that is not positive or longer than a year, and for no threads.
    explicit Registry(Settings settings = {});
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    // A check that is run at once and then again and again: of readiness, of the start only, or of the group that the
    // settings say. Throws std::invalid_argument as Board::add() does, and for an interval, timeout or
    // staleness that is not positive.
    CheckHandle ready(std::string key, Indicator indicator, CheckSettings settings = {});
    CheckHandle startup(std::string key, Indicator indicator, CheckSettings settings = {});
    CheckHandle add(std::string key, Indicator indicator, CheckSettings settings = {});

    // A passive check, such as a breaker's state or a pool's saturation: whoever knows it reports it.
    CheckHandle add(std::string key, CheckSettings settings = {});
    void report(CheckHandle check, Outcome outcome);

    // A check that somebody adds later: down until then.
    void expect(std::string key, CheckSettings settings = {});

    // Runs no check any more, asks those in progress to stop, and waits for them at most so long. Returns the names of
    // those that still run: the destructor would wait for them.
    [[nodiscard]] std::vector<std::string> stop(Duration at_most);

    // As of Board.
    [[nodiscard]] Heartbeat& watch(std::string worker, Instant now);
    [[nodiscard]] std::vector<WorkerChanged> look(Instant now);
    bool begin_drain();
    [[nodiscard]] bool draining() const;
    [[nodiscard]] std::vector<Transition> transitions() const;

    // Lock-free. The pages stay whole however long they are kept.
    [[nodiscard]] std::shared_ptr<const Pages> pages() const noexcept { return board_.pages(); }
    // Where they are published: for who may outlive the registry. When that has ended, ready and health say
    // `shutting_down`.
    [[nodiscard]] std::shared_ptr<const Published<Pages>> published() const noexcept { return board_.published(); }

private:
    void report(CheckHandle check, Outcome outcome, const Run& run);
    [[nodiscard]] Refresher& refresher();

    const Settings settings_;
    const SystemClock clock_;
    mutable std::mutex mutex_;   // guards board_, except for pages(), and refresher_'s making
    Board board_;
    std::unique_ptr<Refresher> refresher_;   // ends first
};

}   // namespace outrigger::health
