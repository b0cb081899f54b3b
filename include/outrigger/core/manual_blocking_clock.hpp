// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stop_token>
#include <utility>
#include <vector>

#include <outrigger/core/blocking.hpp>
#include <outrigger/core/manual_clock.hpp>

namespace outrigger {

// Blocking calls in manual time, for tests: a wait moves the time to its end at once, and does on its way what the test
// planned for the instants between, as another thread would have. One thread.
class ManualBlockingClock final : public BlockingClock {
public:
    struct Waited {
        Instant from;
        Instant until;   // as asked
        Instant end;
        Woken woken;
    };

    [[nodiscard]] Instant now() const noexcept override { return clock_.now(); }
    [[nodiscard]] WallTime wall() const noexcept override { return clock_.wall(); }
    [[nodiscard]] const std::vector<Waited>& waits() const noexcept { return waits_; }

    // At that instant, or as soon as time moves if it has passed; those of one instant in the order of their planning.
    void at(Instant when, std::function<void()> action) {
        const auto later =
            std::find_if(plan_.begin(), plan_.end(), [&](const Planned& p) { return p.when > when; });
        plan_.insert(later, {when, std::move(action)});
    }
    void in(Duration length, std::function<void()> action) { at(after(now(), length), std::move(action)); }
    // Moves the time, as if the calling thread were busy.
    void advance(Duration length) {
        const Instant end = after(now(), length);
        while (act_until(end)) {
        }
        move_to(end);
    }

    // Ends the program if nothing would ever end the wait.
    [[nodiscard]] Woken wait(Signal& signal, Instant until, const std::stop_token& stop) noexcept override {
        const Instant from = now();
        const auto ended = [&](Woken woken) {
            waits_.push_back({from, until, now(), woken});
            return woken;
        };
        for (;;) {
            if (stop.stop_requested()) return ended(Woken::stopped);
            if (signal.raised()) return ended(Woken::raised);
            if (now() >= until) return ended(Woken::due);
            if (act_until(until)) continue;
            if (until == never) give_up();
            move_to(until);
        }
    }

private:
    struct Planned {
        Instant when;
        std::function<void()> action;
    };

    // The next action planned until then; false: there is none.
    bool act_until(Instant end) {
        if (plan_.empty() || plan_.front().when > end) return false;
        const Planned next = std::move(plan_.front());
        plan_.erase(plan_.begin());   // before it acts: it may plan more, and wait itself
        move_to(next.when);
        next.action();
        return true;
    }
    void move_to(Instant then) noexcept {
        if (then > now()) clock_.advance(then - now());
    }
    [[noreturn]] static void give_up() noexcept {
        std::fputs("outrigger: a wait without end, and nothing is planned that would end it\n", stderr);
        std::abort();
    }

    ManualClock clock_;
    std::vector<Planned> plan_;   // by instant
    std::vector<Waited> waits_;
};

}   // namespace outrigger
