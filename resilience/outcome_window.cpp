// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/outcome_window.hpp>

namespace outrigger::resilience {

using detail::PackedTally;

void TimeWindow::rotate(Instant now) noexcept {
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (lock) advance(now);
}

// Under the mutex.
void TimeWindow::advance(Instant now) noexcept {
    const Instant next{Duration{next_.load(std::memory_order_relaxed)}};
    if (now < next) return;
    const auto first_time = next == Instant::min();
    const auto steps = first_time ? static_cast<Duration::rep>(buckets) : (now - next) / width_ + 1;
    std::size_t newest = newest_.load(std::memory_order_relaxed);
    for (Duration::rep step = 0; step < std::min(steps, static_cast<Duration::rep>(buckets)); ++step) {
        newest = (newest + 1) % buckets;
        counts_[newest].store(0, std::memory_order_relaxed);
    }
    const Tally older = sum();   // the newest one is empty
    older_calls_.store(older.calls, std::memory_order_relaxed);
    older_failures_.store(older.failures, std::memory_order_relaxed);
    older_slow_.store(older.slow, std::memory_order_relaxed);
    newest_.store(newest, std::memory_order_release);
    // From `now` if nothing is left whose edges would matter; else in step with what is there.
    const Instant end = steps >= static_cast<Duration::rep>(buckets) ? after(now, width_) : next + steps * width_;
    next_.store(end.time_since_epoch().count(), std::memory_order_relaxed);
}

void TimeWindow::halve(std::atomic<std::uint64_t>& bucket) noexcept {
    std::uint64_t word = bucket.load(std::memory_order_relaxed);
    while (PackedTally::unpack(word).calls >= full) {
        const Tally tally = PackedTally::unpack(word);
        const std::uint64_t half = PackedTally::pack({tally.calls / 2, tally.failures / 2, tally.slow / 2});
        if (bucket.compare_exchange_weak(word, half, std::memory_order_relaxed)) return;
    }
}

Tally TimeWindow::sum() const noexcept {
    Tally sum;
    for (const std::atomic<std::uint64_t>& bucket : counts_) {
        const Tally one = PackedTally::unpack(bucket.load(std::memory_order_relaxed));
        sum.calls += one.calls;
        sum.failures += one.failures;
        sum.slow += one.slow;
    }
    return sum;
}

Tally TimeWindow::total(Instant now) noexcept {
    const std::scoped_lock lock{mutex_};
    advance(now);
    return sum();
}

void TimeWindow::clear(Instant now) noexcept {
    const std::scoped_lock lock{mutex_};
    next_.store(Instant::min().time_since_epoch().count(), std::memory_order_relaxed);
    advance(now);
}

}  // namespace outrigger::resilience
