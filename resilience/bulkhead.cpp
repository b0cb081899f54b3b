// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/bulkhead.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <outrigger/core/validate.hpp>

namespace outrigger::resilience {
namespace {

constexpr std::string_view queue_full = "every slot is taken and the queue is full";
constexpr std::string_view none_free = "every slot is taken";
constexpr std::string_view waited_too_long = "no slot came free within the longest wait";
constexpr Fault caller_gave_up{Reason::caller_left, "the caller gave up"};

}  // namespace

ConcurrencyLimiter::ConcurrencyLimiter(const Bulkhead& settings)
    : settings_{checked(settings)},
      concurrent_{settings.concurrent.value_or(std::numeric_limits<std::uint32_t>::max())} {}

ConcurrencyLimiter::~ConcurrencyLimiter() {
    if (state_.load(std::memory_order_acquire) == 0) return;
    std::fputs("outrigger: a ConcurrencyLimiter ended while something was inside or waited\n", stderr);
    std::abort();
}

Result<Slot> ConcurrencyLimiter::try_enter() noexcept {
    if (take()) return Slot{*this};
    return refusal(none_free);
}

std::uint32_t ConcurrencyLimiter::in_use() const noexcept { return inside(state_.load(std::memory_order_relaxed)); }

std::uint32_t ConcurrencyLimiter::waiting() const noexcept {
    const State state = state_.load(std::memory_order_relaxed);
    if (!settings_.shadow) return queued(state);
    const std::uint32_t beyond = inside(state) - std::min(inside(state), concurrent_);
    return std::min(beyond, settings_.queue);
}

bool ConcurrencyLimiter::take_in_shadow() noexcept {
    const std::uint64_t others = inside(state_.fetch_add(one_inside, std::memory_order_acquire));
    if (others >= std::uint64_t{concurrent_} + settings_.queue) refused_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

Fault ConcurrencyLimiter::refusal(std::string_view why) noexcept {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return Fault{Reason::concurrency_limited, why};
}

Fault ConcurrencyLimiter::too_late(const Longest& longest, Reason expiry) noexcept {
    return longest.is_our_limit ? refusal(waited_too_long) : Fault{expiry, "the deadline passed"};
}

// Between the caller's look before it joins and this one a slot may have come free.
ConcurrencyLimiter::Joined ConcurrencyLimiter::join_queue(Waiter& caller) noexcept {
    const std::scoped_lock lock{mutex_};
    State state = state_.load(std::memory_order_relaxed);
    for (;;) {
        const bool room = has_room(state);
        if (!room && queued(state) >= settings_.queue) return Joined::refused;
        if (!state_.compare_exchange_weak(state, state + (room ? one_inside : one_waiting),
                                          std::memory_order_acquire, std::memory_order_relaxed))
            continue;
        if (room) return Joined::has_slot;
        break;
    }
    caller.in_queue = true;
    caller.before = std::exchange(last_, &caller);
    (caller.before ? caller.before->after : first_) = &caller;
    return Joined::waits;
}

// False: it is no longer in the queue, because it was granted a slot.
bool ConcurrencyLimiter::leave_queue(Waiter& caller) noexcept {
    const std::scoped_lock lock{mutex_};
    if (!std::exchange(caller.in_queue, false)) return false;
    state_.fetch_sub(one_waiting, std::memory_order_relaxed);
    (caller.before ? caller.before->after : first_) = caller.after;
    (caller.after ? caller.after->before : last_) = caller.before;
    return true;
}

ConcurrencyLimiter::Waiter* ConcurrencyLimiter::pop_queue() noexcept {
    Waiter* longest = first_;
    first_ = longest->after;
    (first_ ? first_->before : last_) = nullptr;
    longest->in_queue = false;
    return longest;
}

// Grants under the mutex, so that waiters of one loop get their slots in their order. What is posted to cannot end
// before the post has arrived, and a thread's waiter not before its signal is raised: see Entering and Signal.
void ConcurrencyLimiter::hand_over() noexcept {
    const std::scoped_lock lock{mutex_};
    State state = state_.load(std::memory_order_relaxed);
    while (queued(state) > 0 && inside(state) < concurrent_) {
        if (!state_.compare_exchange_weak(state, state + one_inside - one_waiting, std::memory_order_acq_rel,
                                          std::memory_order_relaxed))
            continue;
        Waiter* longest = pop_queue();
        longest->granted(*longest);
        state = state_.load(std::memory_order_relaxed);
    }
}

// One blocked thread in the queue.
struct ConcurrencyLimiter::Blocked : Waiter {
    Blocked() noexcept : Waiter{[](Waiter& self) noexcept { static_cast<Blocked&>(self).signal.raise(); }} {}
    Signal signal;
};

Result<Slot> ConcurrencyLimiter::enter(BlockingClock& clock, Instant deadline, const std::stop_token& stop,
                                       Reason expiry) noexcept {
    if (stop.stop_requested()) return caller_gave_up;
    if (take()) return Slot{*this};
    if (queue_is_full()) return refusal(queue_full);
    return wait_for_slot(clock, deadline, stop, expiry);
}

Result<Slot> ConcurrencyLimiter::wait_for_slot(BlockingClock& clock, Instant deadline, const std::stop_token& stop,
                                               Reason expiry) noexcept {
    const Instant now = clock.now();
    const Longest longest = longest_wait(now, deadline);
    if (longest.until <= now) return too_late(longest, expiry);

    Blocked caller;
    switch (join_queue(caller)) {
        case Joined::has_slot: return Slot{*this};
        case Joined::refused: return refusal(queue_full);
        case Joined::waits: break;
    }
    const Woken woken = clock.wait(caller.signal, longest.until, stop);
    const bool has_slot = woken == Woken::raised || !leave_queue(caller);
    if (woken == Woken::stopped) {
        if (has_slot) leave();   // the next one's turn
        return caller_gave_up;
    }
    // A slot that came at the last moment is as good as any.
    if (has_slot) return Slot{*this};
    return too_late(longest, expiry);
}

// Known without joining the queue: no room in it, or no time to wait.
bool ConcurrencyLimiter::Entering::cannot_wait() noexcept {
    if (bulkhead_.queue_is_full()) {
        fault_ = bulkhead_.refusal(queue_full);
        return true;
    }
    longest_ = bulkhead_.longest_wait(scheduler_.now(), wait_.deadline);
    if (longest_.until > scheduler_.now()) return false;
    fault_ = bulkhead_.too_late(longest_, wait_.expiry);
    return true;
}

bool ConcurrencyLimiter::Entering::await_suspend(std::coroutine_handle<> waiting) {
    switch (bulkhead_.join_queue(*this)) {
        case Joined::has_slot: has_slot_ = true; return false;
        case Joined::refused: fault_ = bulkhead_.refusal(queue_full); return false;
        case Joined::waits: break;
    }
    // A slot may be on its way already; it arrives in a later turn of this thread.
    begin(waiting);
    scheduler_.timers().arm(timer_, longest_.until);
    return true;
}

// By the timer or the cancel, on this thread.
void ConcurrencyLimiter::Entering::end(std::optional<Fault> fault) noexcept {
    if (fault_) return;   // given up already, and only waits for the slot that is on its way
    scheduler_.timers().disarm(timer_);
    fault_ = fault;
    if (bulkhead_.leave_queue(*this)) wake(fault);
}

void ConcurrencyLimiter::Entering::arrive() noexcept {
    scheduler_.timers().disarm(timer_);
    if (fault_)
        bulkhead_.leave();   // the next one's turn
    else
        has_slot_ = true;
    wake(fault_);
}

}  // namespace outrigger::resilience
