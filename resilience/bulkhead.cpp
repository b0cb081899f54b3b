// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/bulkhead.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <outrigger/core/validate.hpp>

namespace outrigger::resilience {
namespace {

constexpr std::string_view queue_full = "every slot is taken and the queue is full";
constexpr std::string_view none_free = "every slot is taken";
constexpr std::string_view waited_too_long = "no slot came free within the longest wait";

const Bulkhead& checked(const Bulkhead& settings) {
    const Contradictions found = validate(settings);
    if (found.empty()) return settings;
    throw std::invalid_argument{found.front().key + ": " + found.front().text};
}

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

// Between the look in await_ready() and this one a slot may have come free.
ConcurrencyLimiter::Joined ConcurrencyLimiter::join_queue(Entering& caller) noexcept {
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
    caller.in_queue_ = true;
    caller.before_ = std::exchange(last_, &caller);
    (caller.before_ ? caller.before_->after_ : first_) = &caller;
    return Joined::waits;
}

// False: it is no longer in the queue, because a slot is on its way to it.
bool ConcurrencyLimiter::leave_queue(Entering& caller) noexcept {
    const std::scoped_lock lock{mutex_};
    if (!std::exchange(caller.in_queue_, false)) return false;
    state_.fetch_sub(one_waiting, std::memory_order_relaxed);
    (caller.before_ ? caller.before_->after_ : first_) = caller.after_;
    (caller.after_ ? caller.after_->before_ : last_) = caller.before_;
    return true;
}

ConcurrencyLimiter::Entering* ConcurrencyLimiter::pop_queue() noexcept {
    Entering* longest = first_;
    first_ = longest->after_;
    (first_ ? first_->before_ : last_) = nullptr;
    longest->in_queue_ = false;
    return longest;
}

// Posts under the mutex, so that waiters of one loop get their slots in their order. What it posts to cannot end
// before the post has arrived: see Entering.
void ConcurrencyLimiter::hand_over() noexcept {
    const std::scoped_lock lock{mutex_};
    State state = state_.load(std::memory_order_relaxed);
    while (queued(state) > 0 && inside(state) < concurrent_) {
        if (!state_.compare_exchange_weak(state, state + one_inside - one_waiting, std::memory_order_acq_rel,
                                          std::memory_order_relaxed))
            continue;
        Entering* longest = pop_queue();
        longest->scheduler_.executor().post(longest->arrival_);
        state = state_.load(std::memory_order_relaxed);
    }
}

// Known without joining the queue: no room in it, or no time to wait.
bool ConcurrencyLimiter::Entering::cannot_wait() noexcept {
    if (bulkhead_.queue_is_full()) {
        fault_ = bulkhead_.refusal(queue_full);
        return true;
    }
    const Instant longest = after(scheduler_.now(), bulkhead_.settings_.wait);
    limit_comes_first_ = longest < wait_.deadline;
    wait_.deadline = std::min(longest, wait_.deadline);
    if (wait_.deadline > scheduler_.now()) return false;
    fault_ = too_late();
    return true;
}

Fault ConcurrencyLimiter::Entering::too_late() noexcept {
    return limit_comes_first_ ? bulkhead_.refusal(waited_too_long) : expired();
}

bool ConcurrencyLimiter::Entering::await_suspend(std::coroutine_handle<> waiting) {
    switch (bulkhead_.join_queue(*this)) {
        case Joined::has_slot: has_slot_ = true; return false;
        case Joined::refused: fault_ = bulkhead_.refusal(queue_full); return false;
        case Joined::waits: break;
    }
    // A slot may be on its way already; it arrives in a later turn of this thread.
    begin(waiting);
    scheduler_.timers().arm(timer_, wait_.deadline);
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
