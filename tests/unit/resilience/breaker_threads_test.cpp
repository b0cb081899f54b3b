// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

// Eight threads and one breaker. Its time is a number that every call moves on, so that rests, leases and windows end
// in the middle of what other threads do; each thread sees it a little late.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t threads = 8;
constexpr int calls = 4000;   // of each thread
constexpr std::uint64_t seed = 20261120;

void on_all_threads(const std::function<void(std::uint64_t)>& work) {
    std::vector<std::thread> running;
    for (std::uint64_t i = 0; i < threads; ++i) running.emplace_back(work, i);
    for (std::thread& thread : running) thread.join();
}

class SharedTime {
public:
    [[nodiscard]] Instant pass(Duration length) {
        return Instant{Duration{now_.fetch_add(length.count(), std::memory_order_relaxed)} + length};
    }

private:
    std::atomic<Duration::rep> now_{Duration{1h}.count()};
};

// Counts probes from the outside: one that has been given and whose settling has not begun.
class ProbeCount {
public:
    void given() {
        const int now = under_way_.fetch_add(1) + 1;
        int most = most_.load();
        while (most < now && !most_.compare_exchange_weak(most, now)) {}
        given_.fetch_add(1);
    }
    void ends() { under_way_.fetch_sub(1); }
    [[nodiscard]] int most() const { return most_.load(); }
    [[nodiscard]] int total() const { return given_.load(); }

private:
    std::atomic<int> under_way_{0};
    std::atomic<int> most_{0};
    std::atomic<int> given_{0};
};

Verdict any_verdict(Rng& rng) {
    switch (rng.below(3)) {
        case 0: return Verdict::success;
        case 1: return Verdict::failure;
        default: return Verdict::neutral;
    }
}

struct Numbers {
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> passed{0};
};

TEST(Breaker, reports_one_opening_and_never_parts_of_two) {
    CircuitBreaker breaker{{.failure_rate = 100_percent, .min_calls = 2, .open_for = 10ms, .probes = 1}};
    SharedTime time;
    std::atomic<std::uint64_t> open{0};
    std::atomic<std::uint64_t> torn{0};
    on_all_threads([&](std::uint64_t number) {
        Rng rng{seed + number};
        for (int i = 0; i < calls; ++i) {
            Instant now = time.pass(1ms);
            const CircuitReport report = breaker.report(now);
            if (report.state == CircuitState::open) open.fetch_add(1);
            if (report.state == CircuitState::open && report.calls.calls != report.calls.failures) torn.fetch_add(1);
            auto permit = breaker.try_acquire(now, rng);
            if (!permit) continue;
            // A probe mostly succeeds, so that there is another opening with other numbers; all else fails.
            const bool good = permit->is_probe() && rng.below(4) != 0;
            permit->settle(good ? Verdict::success : Verdict::failure, time.pass(1ms), rng);
        }
    });
    EXPECT_GT(open.load(), 0U);
    EXPECT_EQ(torn.load(), 0U);
}

TEST(Breaker, never_has_too_many_probes_under_way_between_eight_threads) {
    constexpr std::uint32_t most = 3;
    CircuitBreaker breaker{{.consecutive = 2, .open_for = 10ms, .probes = most, .probe_lease = 1h}};
    SharedTime time;
    ProbeCount probes;
    Numbers numbers;
    on_all_threads([&](std::uint64_t number) {
        Rng rng{seed + number};
        for (int i = 0; i < calls; ++i) {
            const Instant now = time.pass(500us);
            Result<Permit> permit = breaker.try_acquire(now, rng);
            if (!permit) {
                ++numbers.refused;
                std::this_thread::yield();   // to those that hold the probes
                continue;
            }
            ++numbers.passed;
            if (!permit->is_probe()) {
                permit->settle(any_verdict(rng), now, rng);
                continue;
            }
            probes.given();
            for (std::uint64_t turns = rng.below(3); turns > 0; --turns) std::this_thread::yield();
            probes.ends();
            // None fails: then those of the other threads would be of the past and uncounted, but still under way here.
            if (rng.below(3) != 0) permit->settle(rng.below(2) == 0 ? Verdict::success : Verdict::neutral, now, rng);
        }
    });
    EXPECT_LE(probes.most(), static_cast<int>(most));
    RecordProperty("probes", probes.total());
    EXPECT_GT(probes.total(), 10);
    EXPECT_EQ(numbers.refused + numbers.passed, threads * calls);
    EXPECT_EQ(breaker.report(time.pass(1s)).refused, numbers.refused);
}

TEST(Breaker, with_one_probe_never_has_two_under_way_however_it_ends) {
    CircuitBreaker breaker{{.consecutive = 2, .open_for = 10ms, .probes = 1, .probe_lease = 1h, .ramp = 5ms}};
    SharedTime time;
    ProbeCount probes;
    int written_inside = 0;   // by whoever holds the probe: no atomic on purpose
    on_all_threads([&](std::uint64_t number) {
        Rng rng{seed + number};
        for (int i = 0; i < calls; ++i) {
            const Instant now = time.pass(500us);
            Result<Permit> permit = breaker.try_acquire(now, rng);
            if (!permit) {
                std::this_thread::yield();
                continue;
            }
            if (permit->is_probe()) {
                probes.given();
                ++written_inside;
                if (rng.below(2) == 0) std::this_thread::yield();
                probes.ends();
            }
            if (rng.below(4) != 0) permit->settle(any_verdict(rng), now, rng);
        }
    });
    EXPECT_LE(probes.most(), 1);
    RecordProperty("probes", probes.total());
    EXPECT_EQ(written_inside, probes.total());
    EXPECT_GT(probes.total(), 10);
}

// Every change is told once, whoever caused it; and none opens what is open.
class Listener final : public CircuitObserver {
public:
    void on(const CircuitEvent& event) noexcept override {
        const std::scoped_lock lock{mutex_};
        const auto sequence = std::visit([](const auto& each) { return each.sequence; }, event);
        heard_.emplace_back(sequence, std::holds_alternative<CircuitOpened>(event));
    }
    void expect_a_history() {
        std::sort(heard_.begin(), heard_.end());
        bool open = false;
        std::uint64_t expected = 1;
        for (const auto& [sequence, opened] : heard_) {
            ASSERT_EQ(sequence, expected++);
            ASSERT_FALSE(open && opened) << "change " << sequence << " opens it again";
            open = opened;
        }
        EXPECT_GT(expected, 1U);
    }

private:
    std::mutex mutex_;
    std::vector<std::pair<std::uint64_t, bool>> heard_;
};

TEST(Breaker, opens_once_when_calls_fail_on_several_threads_at_once) {
    Listener listener;
    CircuitBreaker breaker{{.consecutive = 1}, "", &listener};
    on_all_threads([&](std::uint64_t number) {
        Rng rng{seed + number};
        const Instant now{1h};
        for (int i = 0; i < 10 * calls; ++i) {
            if (Result<Permit> permit = breaker.try_acquire(now, rng)) {
                permit->settle(Verdict::failure, now, rng);
            } else if (rng.below(4) == 0) {
                breaker.force_closed(now);
                breaker.release(now);
            }
        }
    });
    listener.expect_a_history();
}

class Everything {
public:
    explicit Everything(const Breaker& settings) : breaker_{settings, "all", &listener_} {}

    void run() {
        on_all_threads([this](std::uint64_t number) { act(number); });
        const Instant end = time_.pass(1h);
        EXPECT_EQ(numbers_.refused + numbers_.passed, asked_);
        EXPECT_EQ(breaker_.report(end).refused, numbers_.refused);
        EXPECT_LE(breaker_.report(end).late, numbers_.passed);
        listener_.expect_a_history();
        expect_it_closes(end);
    }

private:
    void act(std::uint64_t number) {
        Rng rng{seed + number};
        std::vector<Permit> held;
        for (int i = 0; i < calls; ++i) {
            const Instant now = time_.pass(Duration{static_cast<int>(rng.below(50'000))});
            switch (rng.below(40)) {
                case 0: rng.below(4) == 0 ? breaker_.force_open(now) : breaker_.release(now); break;
                case 1: rng.below(4) == 0 ? breaker_.force_closed(now) : breaker_.release(now); break;
                case 2: look(now); break;
                case 3: held.clear(); break;
                case 4: (void)breaker_.idle(now); break;
                default: call(held, now, rng);
            }
        }
    }
    void call(std::vector<Permit>& held, Instant now, Rng& rng) {
        ++asked_;
        Result<Permit> permit = breaker_.try_acquire(now, rng);
        if (!permit) {
            EXPECT_EQ(permit.error().reason, Reason::circuit_open);
            ++numbers_.refused;
            return;
        }
        ++numbers_.passed;
        held.push_back(*std::move(permit));
        if (rng.below(3) == 0) return;
        Permit one = std::move(held[rng.below(held.size())]);
        one.settle(any_verdict(rng), now, rng);
    }
    void look(Instant now) {
        const CircuitReport report = breaker_.report(now);
        EXPECT_LE(report.calls.failures, report.calls.calls);
        EXPECT_LE(report.calls.slow, report.calls.calls);
        EXPECT_LE(report.probes_under_way + report.probes_succeeded, report.probes);
        EXPECT_FALSE(explain(report).empty());
    }
    // Nobody calls any more: what it knows is consistent, so that it closes as if it had always been alone.
    void expect_it_closes(Instant now) {
        Rng rng{seed};
        breaker_.force_closed(now);
        breaker_.release(now);
        EXPECT_TRUE(breaker_.idle(now));
        for (int i = 0; i < 4; ++i) breaker_.try_acquire(now, rng)->settle(Verdict::failure, now, rng);
        EXPECT_EQ(breaker_.state(), CircuitState::open);
        for (int i = 0; i < 2; ++i) breaker_.try_acquire(now + 1h, rng)->settle(Verdict::success, now + 1h, rng);
        EXPECT_EQ(breaker_.report(now + 2h).state, CircuitState::closed);
    }

    Listener listener_;
    CircuitBreaker breaker_;
    SharedTime time_;
    Numbers numbers_;
    std::atomic<std::uint64_t> asked_{0};
};

TEST(Breaker, keeps_its_books_between_eight_threads_that_do_everything_at_once) {
    Everything{{.slow_call = 1ms, .min_calls = 4, .open_for = 10ms, .probes = 2, .probe_lease = 10ms, .ramp = 10ms}}
        .run();
}

TEST(Breaker, does_so_too_with_a_window_of_the_last_calls_and_failures_in_a_row) {
    Everything{{.consecutive = 4, .window_calls = 5, .min_calls = 4, .open_for = 10ms, .probes = 2, .probe_lease = 10ms}}
        .run();
}

TEST(TimeWindow, loses_no_call_between_eight_threads_while_time_passes_within_it) {
    TimeWindow window{10s};
    SharedTime time;
    (void)window.total(time.pass(1ns));   // the first call empties a window that nobody used yet
    on_all_threads([&](std::uint64_t number) {
        for (int i = 0; i < calls; ++i) {
            const Instant now = time.pass(Duration{9s} / (static_cast<int>(threads) * calls));
            EXPECT_LE(window.add(number % 2 == 0, number % 4 == 0, now).calls, 2 * threads * calls);
        }
    });
    EXPECT_EQ(window.total(time.pass(1ns)), (Tally{threads * calls, threads * calls / 2, threads * calls / 4}));
}

TEST(CountWindow, never_holds_more_failures_or_slow_calls_than_calls_between_eight_threads) {
    for (const std::size_t size : {1U, 2U, 7U, 100U}) {
        CountWindow window{size};
        std::atomic<std::uint64_t> wrong{0};
        on_all_threads([&](std::uint64_t number) {
            Rng rng{seed + number};
            for (int i = 0; i < 10 * calls; ++i) {
                const Tally tally = window.add(rng.below(2) == 0, rng.below(2) == 0);
                if (tally.failures > tally.calls || tally.slow > tally.calls || tally.calls > size + threads) ++wrong;
                if (rng.below(1000) == 0) window.clear();
            }
        });
        EXPECT_EQ(wrong, 0U) << size;
        for (std::size_t i = 0; i < size; ++i) window.add(false, false);
        EXPECT_EQ(window.total(), (Tally{size, 0, 0}));
        window.clear();
        EXPECT_EQ(window.total(), Tally{});
    }
}

}  // namespace
}  // namespace outrigger::resilience
