// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/health/outcome.hpp>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace outrigger::health {

// One run of a check, from the view of the code that checks: until when, and how to wait so that neither a dependency
// that says nothing nor the end of the process is waited for in vain. Lives as long as the run; one thread's own.
class Probe {
public:
    // `stop_fd` becomes readable when `stop` is requested; -1: nobody stops it.
    Probe(const Clock& clock, Duration timeout, std::stop_token stop = {}, int stop_fd = -1)
        : clock_{clock}, began_{clock.now()}, timeout_{timeout}, stop_{std::move(stop)}, stop_fd_{stop_fd} {}

    // The run counts as failed from then on: give up.
    [[nodiscard]] Instant deadline() const noexcept { return after(began_, timeout_); }
    [[nodiscard]] Duration timeout() const noexcept { return timeout_; }
    // What is left; never negative.
    [[nodiscard]] Duration left() const noexcept;
    // left() rounded up to whole milliseconds, at most one hour: what poll() and its like take.
    [[nodiscard]] int left_milliseconds() const noexcept;
    [[nodiscard]] const Clock& clock() const noexcept { return clock_; }

    // The registry ends: the result will not be used.
    [[nodiscard]] bool stopped() const noexcept { return stop_.stop_requested(); }
    [[nodiscard]] const std::stop_token& stop_token() const noexcept { return stop_; }
    [[nodiscard]] int stop_fd() const noexcept { return stop_fd_; }

    enum class Ready : std::uint8_t { ready, late, stopped };
    // Waits for these events of poll(2) on a descriptor.
    [[nodiscard]] Ready wait(int fd, short events) const noexcept;

    // down, "timeout of 1000ms exceeded", as terminus says it.
    [[nodiscard]] Outcome timed_out() const;

private:
    const Clock& clock_;
    Instant began_;
    Duration timeout_;
    std::stop_token stop_;
    int stop_fd_;
};

// A way to check something: what Registry::ready() and its like take. Made by health::tcp(), health::disk(),
// health::http() (drivers.hpp), health::custom() and so on. A value.
struct Indicator {
    // Runs on a thread of the registry's pool, never twice at a time for one check. What it throws is `down` with the
    // exception's message.
    std::function<Outcome(const Probe&)> run;
    bool timed = false;   // the document shows its response time
};

// Your own check: a function of a Probe, or of nothing, that returns up(), degraded("...") or down("..."). It should
// give up at probe.deadline(): until it has returned it occupies a thread of the pool.
template <class Function>
[[nodiscard]] Indicator custom(Function function) {
    if constexpr (std::is_invocable_r_v<Outcome, Function&, const Probe&>)
        return {[function = std::move(function)](const Probe& probe) mutable -> Outcome {
            return function(probe);
        }};
    else
        return {[function = std::move(function)](const Probe&) mutable -> Outcome { return function(); }};
}

[[nodiscard]] std::string timeout_message(Duration timeout);

}   // namespace outrigger::health
