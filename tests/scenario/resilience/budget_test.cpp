// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry.hpp>
#include <outrigger/resilience/retry_budget.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <outrigger/core/rng.hpp>

namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::hours{1}};

Rate rate(double per_second) { return Rate::per_second(per_second).value(); }

// Another one each time; gtest prints its own on failure, too, and takes it back with --gtest_random_seed.
std::uint64_t new_seed() { return 20'261'120U + static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed()); }

// The most attempts that the budget's promise allows. What is a whole number must not be lost to a rounded fraction.
double promised(const Budget& budget, double calls, Duration elapsed) {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    return calls * (1 + budget.ratio.fraction()) + budget.floor.per_second() * (seconds + 10) + 1e-6;
}

// ---- Against a model that is too simple to be wrong

// Every deposit by itself, with the second in which it came.
class Model {
public:
    explicit Model(std::uint64_t steps) : deposit_{steps} {}

    void record_call(std::int64_t second) { deposits_.push_back({second, deposit_}); }
    bool take(std::int64_t second, bool spend) {
        while (!deposits_.empty() && deposits_.front().second <= second - 10) deposits_.pop_front();
        std::uint64_t sum = 0;
        for (const Deposit& one : deposits_) sum += one.left;
        if (sum < token) return false;
        for (std::uint64_t due = spend ? token : 0; due > 0;) {
            const std::uint64_t part = std::min(due, deposits_.front().left);
            deposits_.front().left -= part;
            due -= part;
            if (deposits_.front().left == 0) deposits_.pop_front();
        }
        return true;
    }

private:
    static constexpr std::uint64_t token = 10'000;   // steps of the ratio
    struct Deposit {
        std::int64_t second;
        std::uint64_t left;
    };
    std::uint64_t deposit_;
    std::deque<Deposit> deposits_;
};

TEST(Budget, agrees_with_a_list_of_all_deposits) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    for (int round = 0; round < 60 && !HasFailure(); ++round) {
        const std::uint64_t steps = std::array{2000U, 700U, 3333U, 10'000U, 5001U}[rng.below(5)];
        RetryBudget budget{{static_cast<double>(steps) / 1e4, Rate{}}};
        Model model{steps};
        Duration now = 1h;
        for (int step = 0; step < 1500; ++step) {
            switch (rng.below(12)) {
                case 0: now += Duration{static_cast<Duration::rep>(rng.below(1'000'000'000))}; break;
                case 1: now += rng.below(8) == 0 ? Duration{13s} : Duration{0s}; break;
                case 2:
                case 3:
                case 4: {
                    const bool spend = rng.below(3) > 0;
                    auto token = budget.take(Instant{now});
                    if (token && spend) token->spend();
                    ASSERT_EQ(token.has_value(), model.take(now / 1s, spend)) << "round " << round << " step " << step;
                    break;
                }
                default: budget.record_call(Instant{now}); model.record_call(now / 1s);
            }
        }
    }
}

// ---- An outage and its recovery

// Time in steps of 10 ms; what is to happen in a step happens in the order in which it was planned.
class Outage {
public:
    static constexpr Duration step = 10ms;
    static constexpr Duration length = 30s;
    static constexpr Duration down_from = 6s;
    static constexpr Duration down_until = 20s;

    Outage(std::size_t clients, const Retry& settings, bool shared, std::uint64_t seed)
        : rng_{seed}, planned_(static_cast<std::size_t>(length / step)), calls_(clients), attempts_(clients) {
        if (shared) common_.emplace(settings);
        for (std::size_t i = 0; i < clients; ++i) {
            policies_.push_back(shared ? &*common_ : &own_.emplace_back(settings));
            plan(Duration{static_cast<Duration::rep>(rng_.below(1'000'000'000))}, {.client = i});
        }
    }

    void run() {
        for (std::size_t at = 0; at < planned_.size() && !testing::Test::HasFailure(); ++at) {
            now_ = static_cast<Duration::rep>(at) * step;
            // A step may plan more for itself: by index, since the list may move.
            for (std::size_t i = 0; i < planned_[at].size(); ++i) happen(std::move(planned_[at][i]));
            planned_[at].clear();
            if (now_ % 1s == 0s) check();
        }
        check();
    }

    [[nodiscard]] std::uint64_t calls() const { return all_calls_; }
    [[nodiscard]] std::uint64_t attempts() const { return all_attempts_; }
    std::uint64_t retries_while_down = 0;
    std::uint64_t calls_while_down = 0;

private:
    struct Event {
        std::size_t client = 0;
        std::optional<RetryDecision> after = {};   // nothing: a new call
        EndedAttempt attempt = {};
    };
    void plan(Duration when, Event event) {
        const auto at = static_cast<std::size_t>(when / step);
        if (at < planned_.size()) planned_[at].push_back(std::move(event));
    }
    [[nodiscard]] bool down() const { return now_ >= down_from && now_ < down_until; }

    void happen(Event event) {
        const std::size_t client = event.client;
        if (!event.after) {
            ++calls_[client];
            ++all_calls_;
            calls_while_down += down() ? 1U : 0U;
            policies_[client]->record_call(start + now_);
            plan(now_ + 500ms + Duration{static_cast<Duration::rep>(rng_.below(1'000'000'000))}, {.client = client});
            event.attempt = {.safe = true, .deadline = start + now_ + 10s};
        } else {
            if (rng_.below(10) == 0) return;   // the caller left during the pause
            (*event.after)->start();
            event.attempt.backoff = (*event.after)->backoff();
            ++event.attempt.number;
            retries_while_down += down() ? 1U : 0U;
        }
        make_attempt(std::move(event));
    }
    void make_attempt(Event event) {
        ++attempts_[event.client];
        ++all_attempts_;
        if (!down()) return;
        // It ends a little later, so its policy sees times that are not in order, as those of threads are not.
        const Duration ended = now_ + Duration{static_cast<Duration::rep>(rng_.below(50'000'000))};
        latest_ = std::max(latest_, ended);
        event.attempt.assessment = {Verdict::failure, Retryable::if_safe};
        RetryDecision next = policies_[event.client]->before_next(event.attempt, start + ended, rng_);
        if (!next) return;
        const Duration when = ended + next->length();
        plan(when, {.client = event.client, .after = std::move(next), .attempt = event.attempt});
    }

    void check() {
        const Budget& budget = policies_.front()->budget()->settings();
        const Duration elapsed = std::max(latest_, now_);
        const auto budgets = static_cast<double>(common_ ? 1 : calls_.size());
        ASSERT_LE(static_cast<double>(all_attempts_), promised(budget, static_cast<double>(all_calls_), elapsed) +
                                                          (budgets - 1) * promised(budget, 0, elapsed));
        if (common_) return;
        for (std::size_t i = 0; i < calls_.size(); ++i)
            if (static_cast<double>(attempts_[i]) > promised(budget, static_cast<double>(calls_[i]), elapsed))
                ADD_FAILURE() << "client " << i << " after " << outrigger::to_string(elapsed);
    }

    Rng rng_;
    std::optional<Retrying> common_;
    std::deque<Retrying> own_;
    std::vector<Retrying*> policies_;
    std::vector<std::vector<Event>> planned_;
    std::vector<std::uint64_t> calls_;
    std::vector<std::uint64_t> attempts_;
    std::uint64_t all_calls_ = 0;
    std::uint64_t all_attempts_ = 0;
    Duration now_ = {};
    Duration latest_ = {};
};

constexpr std::size_t clients = 10'000;

TEST(Budget, of_each_of_ten_thousand_clients_holds_through_an_outage_and_its_recovery) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Outage outage{clients, {.budget = Budget{.floor = rate(0.2)}}, false, seed};
    outage.run();
    // It binds: without one there would be two retries for every call.
    EXPECT_GT(outage.retries_while_down, outage.calls_while_down / 5);
    EXPECT_LT(outage.retries_while_down, outage.calls_while_down);
    RecordProperty("calls", std::to_string(outage.calls()));
    RecordProperty("attempts", std::to_string(outage.attempts()));
}

TEST(Budget, that_ten_thousand_clients_share_holds_through_an_outage_and_its_recovery) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Outage outage{clients, {.budget = Budget{.ratio = 20_percent, .floor = 100_per_second}}, true, seed};
    outage.run();
    // And it gives what it promises: of a fifth of the calls at least nine tenths (some pauses were given up).
    EXPECT_GT(outage.retries_while_down * 5, outage.calls_while_down * 9 / 10);
    EXPECT_LT(outage.retries_while_down * 5, outage.calls_while_down * 2);
    RecordProperty("calls", std::to_string(outage.calls()));
    RecordProperty("attempts", std::to_string(outage.attempts()));
}

// Without a budget the same crowd makes three times the attempts: what the two tests above are for.
TEST(Budget, is_what_keeps_an_outage_from_becoming_a_storm) {
    const Retry settings{.budget = Budget{.ratio = 100_percent, .floor = 1'000'000_per_second}};
    Outage outage{1000, settings, true, 1};
    outage.run();
    EXPECT_GT(outage.retries_while_down, outage.calls_while_down * 3 / 2);
}

// ---- Threads

constexpr int threads = 8;

template <class Work>
void in_threads(const Work& work) {
    std::vector<std::thread> running;
    std::atomic<int> ready{0};
    for (int i = 0; i < threads; ++i)
        running.emplace_back([&, i] {
            ready.fetch_add(1);
            while (ready.load() < threads) std::this_thread::yield();
            work(i);
        });
    for (std::thread& thread : running) thread.join();
}

TEST(Budget, gives_eight_threads_exactly_what_it_has) {
    RetryBudget budget{{20_percent, 100_per_second}};
    constexpr int calls = 200'000;   // enough to meet on two cores
    std::atomic<int> taken{0};
    in_threads([&](int) {
        for (int i = 0; i < calls; ++i) budget.record_call(start);
    });
    in_threads([&](int) {
        for (int given_back = 0;;) {
            auto token = budget.take(start);
            if (!token) return;
            if (++given_back % 3 == 0) continue;
            token->spend();
            taken.fetch_add(1, std::memory_order_relaxed);
        }
    });
    // What a thread held for a moment another one may have missed.
    while (auto token = budget.take(start)) {
        token->spend();
        taken.fetch_add(1);
    }
    EXPECT_EQ(taken.load(), threads * calls / 5 + 1000);
}

struct Books {
    RetryBudget budget{{30_percent, 200_per_second}};
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> attempts{0};   // beyond the first of each call
    std::atomic<Duration::rep> latest{0};
    std::atomic<int> running{threads};

    void see(Duration now) {
        Duration::rep seen = latest.load();
        while (seen < now.count() && !latest.compare_exchange_weak(seen, now.count())) {}
    }
    // Attempts first: whatever comes between only adds to what they may be.
    [[nodiscard]] bool balance() const {
        const auto made = static_cast<double>(attempts.load());
        const auto begun = static_cast<double>(calls.load());
        const double allowed = promised(budget.settings(), begun, Duration{latest.load()}) - begun;
        return made <= allowed;
    }
};

// Each thread has a clock of its own: they differ by up to 20 ms, stand still, and jump, once by hours.
void hammer(Books& books, Rng rng) {
    Duration now = 0s;
    for (int i = 0; i < 6000; ++i) {
        if (rng.below(4) == 0) now += Duration{static_cast<Duration::rep>(rng.below(4'000'000))};
        if (i == 4000) now += 3h;
        const Instant seen = start + now + Duration{static_cast<Duration::rep>(rng.below(20'000'000))};
        books.see(seen - start);
        books.calls.fetch_add(1);
        books.budget.record_call(seen);
        for (auto tries = rng.below(3); tries > 0; --tries) {
            auto token = books.budget.take(seen);
            if (!token || rng.below(4) == 0) continue;
            token->spend();
            books.attempts.fetch_add(1);
        }
    }
    books.running.fetch_sub(1);
}

TEST(Budget, keeps_its_promise_to_eight_threads_whose_clocks_differ) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Books books;
    std::thread auditor{[&] {
        while (books.running.load() > 0) {
            if (!books.balance()) ADD_FAILURE() << books.attempts.load() << " of " << books.calls.load();
            std::this_thread::yield();
        }
    }};
    in_threads([&](int number) { hammer(books, Rng{seed * threads + static_cast<std::uint64_t>(number)}); });
    auditor.join();
    EXPECT_TRUE(books.balance());
    EXPECT_GT(books.attempts.load(), 2000U) << "more than the floor alone: it gives something, too";
    EXPECT_GT(books.budget.refused(), 0U);
}

}   // namespace
}   // namespace outrigger::resilience
