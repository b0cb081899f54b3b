// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry_budget.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <outrigger/core/validate.hpp>

namespace outrigger::resilience {
namespace {

// 0.29 * 10,000 may come out a little below 2900; the small addition makes up for that and for nothing else.
std::uint64_t steps(Ratio ratio, std::uint64_t of_one) {
    return static_cast<std::uint64_t>(ratio.fraction() * static_cast<double>(of_one) + 1e-4);
}

// How long time needs for one token, rounded up; 0: longer than any program runs.
Duration::rep time_for_one(Rate floor) {
    if (floor.per_second() < 1e-9) return 0;
    return static_cast<Duration::rep>(std::ceil(1e9 / floor.per_second()));
}

// A mark that a clock has left which is ahead of ours: not one from before the count of seconds wrapped around, nor
// one that no clock has left.
constexpr bool is_newer(std::uint32_t marked, std::uint32_t second) noexcept {
    constexpr std::int32_t clocks_differ_at_most = 1 << 16;
    const auto ahead = static_cast<std::int32_t>(marked - second);
    return ahead > 0 && ahead < clocks_differ_at_most;
}

}   // namespace

std::string to_string(const Budget& budget) {
    return outrigger::to_string(budget.ratio) + " of calls, at least " + outrigger::to_string(budget.floor);
}

RetryBudget::RetryBudget(const Budget& settings) : settings_{checked(settings)} {
    // Fine enough for everybody, and coarse enough for the sums of 10^15 calls.
    constexpr std::uint64_t steps_of_one = 10'000;
    const std::uint64_t share = steps(settings.ratio, steps_of_one);
    const std::uint64_t unit = std::gcd(share, steps_of_one);
    deposit_ = share / unit;
    price_ = steps_of_one / unit;
    time_price_ = time_for_one(settings.floor);
    // Prices are rounded up: the whole tokens of 10 s may take a few nanoseconds more.
    const auto whole = static_cast<Duration::rep>(settings.floor.per_second() * life_seconds + 1e-9);
    time_fresh_ = std::max(life.count(), whole * time_price_);
    time_most_ = std::max(time_fresh_, time_price_);
}

// Nobody counts a call in a second before the second has its mark. So a mark has all calls of earlier seconds and none
// of its own, except those of threads whose clock is behind.
void RetryBudget::begin_second(std::uint32_t second) noexcept {
    std::atomic<Mark>& mark = mark_of(second);
    Mark old = mark.load(std::memory_order_relaxed);
    if (old.second == second || is_newer(old.second, second)) return;
    const Mark begun{second, static_cast<std::uint32_t>(calls_.load(std::memory_order_relaxed))};
    mark.compare_exchange_strong(old, begun, std::memory_order_relaxed);
}

// The calls whose tokens have lapsed. A second without a mark had no calls: then the next mark has the same count.
std::uint64_t RetryBudget::calls_before(std::uint32_t second) const noexcept {
    for (std::uint32_t age = life_seconds; age-- > 0;) {
        const Mark mark = mark_of(second - age).load(std::memory_order_relaxed);
        if (mark.second != second - age) continue;
        const std::uint64_t calls = calls_.load(std::memory_order_relaxed);
        // Negative where this thread sees the mark, but not yet all calls that it counts; or after 2^31 calls in 10 s.
        const auto since = static_cast<std::int32_t>(static_cast<std::uint32_t>(calls) - mark.calls);
        return calls - static_cast<std::uint64_t>(std::max(since, 0));
    }
    return calls_.load(std::memory_order_relaxed);
}

std::uint64_t RetryBudget::spent_or_lapsed(std::uint64_t spent, std::uint32_t second) const noexcept {
    return std::max(spent, calls_before(second) * deposit_);
}

Duration::rep RetryBudget::time_spent(Duration::rep spent, Instant now) const noexcept {
    const Duration::rep held = spent == untouched ? time_fresh_ : time_most_;
    const Duration::rep time = now.time_since_epoch().count();
    const Duration::rep earliest = time < untouched + 1 + held ? untouched + 1 : time - held;
    return std::max(spent, earliest);
}

bool RetryBudget::take_of_calls(Instant now) noexcept {
    const std::uint32_t second = second_of(now);
    std::uint64_t spent = spent_.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t from = spent_or_lapsed(spent, second);
        if (calls_.load(std::memory_order_relaxed) * deposit_ < from + price_) return false;
        if (spent_.compare_exchange_weak(spent, from + price_, std::memory_order_relaxed)) return true;
    }
}

bool RetryBudget::take_of_time(Instant now) noexcept {
    if (time_price_ == 0) return false;
    Duration::rep spent = time_spent_.load(std::memory_order_relaxed);
    for (;;) {
        const Duration::rep from = time_spent(spent, now);
        const Duration::rep time = now.time_since_epoch().count();
        const bool enough = time - from >= time_price_;   // not if another thread's clock is ahead
        // The first look decides from when on time deposits, even if it does not find a whole token.
        if (!enough && spent != untouched) return false;
        if (time_spent_.compare_exchange_weak(spent, enough ? from + time_price_ : from, std::memory_order_relaxed))
            return enough;
    }
}

std::optional<RetryBudget::Token> RetryBudget::take(Instant now) noexcept {
    if (take_of_calls(now)) return Token{*this, Source::calls};
    if (take_of_time(now)) return Token{*this, Source::time};
    refused_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
}

// All tokens are alike: what goes back is the last one that was taken. So one that was held for long is lost if all has
// lapsed since, and is as good as new if others were taken since.
void RetryBudget::give_back(Source source) noexcept {
    switch (source) {
        case Source::calls: spent_.fetch_sub(price_, std::memory_order_relaxed); return;
        case Source::time: time_spent_.fetch_sub(time_price_, std::memory_order_relaxed); return;
    }
}

std::uint64_t RetryBudget::available(Instant now) const noexcept {
    const std::uint64_t from = spent_or_lapsed(spent_.load(std::memory_order_relaxed), second_of(now));
    const std::uint64_t deposited = calls_.load(std::memory_order_relaxed) * deposit_;
    const std::uint64_t left = (deposited - std::min(from, deposited)) / price_;
    if (time_price_ == 0) return left;
    const Duration::rep time = now.time_since_epoch().count();
    const Duration::rep since = time_spent(time_spent_.load(std::memory_order_relaxed), now);
    return left + (since < time ? static_cast<std::uint64_t>((time - since) / time_price_) : 0);
}

std::string RetryBudget::explain() const { return "the retry budget (" + to_string(settings_) + ") allowed no more"; }

}   // namespace outrigger::resilience
