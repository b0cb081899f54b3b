// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include <outrigger/core/blocking.hpp>
#include <outrigger/core/describe.hpp>
#include <outrigger/core/executor.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/units_text.hpp>

namespace outrigger::resilience {

// How many may be inside at once, and what becomes of the others.
struct Bulkhead {
    std::optional<std::uint32_t> concurrent = {};
    std::uint32_t queue = 50;
    Duration wait = std::chrono::milliseconds{100};
    bool shadow = false;

    friend bool operator==(const Bulkhead&, const Bulkhead&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("concurrent", self.concurrent, "Calls at once; unset: any number.", between(1, 1'000'000));
        field("queue", self.queue, "Calls that may wait for a slot; with concurrent.", between(0, 1'000'000));
        field("wait", self.wait, "The longest wait for a slot; with concurrent.", between(0s, 1h));
        field("shadow", self.shadow, "Decide and count, but never act.");
    }
};

class ConcurrencyLimiter;

// The right to be inside a bulkhead, given back at the end of its life at the latest. Made by a bulkhead, which must
// outlive it; a default-made one holds nothing. May be moved to, and given back on, any thread.
class [[nodiscard]] Slot {
public:
    Slot() noexcept = default;
    Slot(Slot&& other) noexcept : bulkhead_{std::exchange(other.bulkhead_, nullptr)} {}
    Slot& operator=(Slot&& other) noexcept {
        if (this != &other) {
            leave();
            bulkhead_ = std::exchange(other.bulkhead_, nullptr);
        }
        return *this;
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { leave(); }

    // Gives it back now; later calls do nothing.
    inline void leave() noexcept;
    [[nodiscard]] bool held() const noexcept { return bulkhead_ != nullptr; }

private:
    friend class ConcurrencyLimiter;
    explicit Slot(ConcurrencyLimiter& bulkhead) noexcept : bulkhead_{&bulkhead} {}
    ConcurrencyLimiter* bulkhead_ = nullptr;
};

// At most `concurrent` calls at once; beyond that up to `queue` callers wait in the order in which they came, each at
// most `wait` long; who finds the queue full is refused at once (Reason::concurrency_limited). Nobody overtakes: a
// free slot goes to the longest waiter.
//
// Thread-safe, and meant to be shared by event loops and blocking threads, which wait in one queue: entering a bulkhead
// with a free slot, and leaving one that nobody waits for, is a single atomic operation; waiting, and handing a slot on,
// takes a lock for a few instructions and a post.
// A slot that becomes free is handed to its waiter by a post to that waiter's own loop, or by waking its thread. Nothing
// is allocated. It must outlive its slots and waits.
//
// In shadow mode everybody enters at once. Who would have had to wait counts as waiting while inside, and who would
// have found the queue full as refused; that a wait would have been too long cannot be known.
class ConcurrencyLimiter {
public:
    // Throws std::invalid_argument if a setting is out of its range.
    explicit ConcurrencyLimiter(const Bulkhead& settings);
    ~ConcurrencyLimiter();
    ConcurrencyLimiter(const ConcurrencyLimiter&) = delete;
    ConcurrencyLimiter& operator=(const ConcurrencyLimiter&) = delete;

    // Without waiting: a slot, or the fault.
    [[nodiscard]] Result<Slot> try_enter() noexcept;
    // The same for those who will wait otherwise: a slot that is not held says that none is free, and counts nothing.
    [[nodiscard]] Slot enter_if_free() noexcept { return take() ? Slot{*this} : Slot{}; }

    class Entering;
    // To be awaited on the scheduler's thread: a slot, or why there is none: concurrency_limited, or the fault of the
    // wait's own deadline or cancel. Free slots cost no suspension.
    [[nodiscard]] inline Entering enter(Scheduler& scheduler, const Wait& wait) noexcept;
    // The same, blocking the calling thread: a slot, or why there is none: concurrency_limited, `expiry` if the deadline
    // comes first, caller_left if the token is stopped. Free slots cost no system call.
    [[nodiscard]] Result<Slot> enter(BlockingClock& clock, Instant deadline = never, const std::stop_token& stop = {},
                                     Reason expiry = Reason::timeout) noexcept;

    [[nodiscard]] const Bulkhead& settings() const noexcept { return settings_; }

    // For metrics and explanations, from any thread; each is exact for some moment.
    [[nodiscard]] std::uint32_t in_use() const noexcept;
    [[nodiscard]] std::uint32_t waiting() const noexcept;
    // How many were turned away, or would have been (shadow), since the beginning.
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

private:
    friend class Slot;

    // One word, so that both change together: slots in use in its lower half, callers in the queue in its upper half.
    // The upper half changes only under the mutex. Whoever lowers the lower half while the upper one is not zero goes
    // on to hand_over(); so no free slot stays beside a waiter.
    using State = std::uint64_t;
    static constexpr State one_inside = 1;
    static constexpr State one_waiting = State{1} << 32U;
    static constexpr std::uint32_t inside(State state) noexcept { return static_cast<std::uint32_t>(state); }
    static constexpr std::uint32_t queued(State state) noexcept { return static_cast<std::uint32_t>(state >> 32U); }
    [[nodiscard]] bool has_room(State state) const noexcept {
        return queued(state) == 0 && inside(state) < concurrent_;
    }

    // Takes a slot if one is free and nobody waits for it.
    [[nodiscard]] bool take() noexcept {
        if (settings_.shadow) return take_in_shadow();
        // Acquire, and release in leave(): what was done inside is seen by the next one inside.
        State state = state_.load(std::memory_order_relaxed);
        while (has_room(state))
            if (state_.compare_exchange_weak(state, state + one_inside, std::memory_order_acquire,
                                             std::memory_order_relaxed))
                return true;
        return false;
    }
    void leave() noexcept {
        if (queued(state_.fetch_sub(one_inside, std::memory_order_acq_rel)) > 0) hand_over();
    }

    bool take_in_shadow() noexcept;
    [[nodiscard]] bool queue_is_full() const noexcept {
        return queued(state_.load(std::memory_order_relaxed)) >= settings_.queue;
    }
    // A caller in the queue. All of it is guarded by the mutex.
    struct Waiter {
        // It has left the queue, and has a slot: to tell its thread. Called under the mutex; right after it the waiter
        // may be gone.
        void (*granted)(Waiter&) noexcept;
        bool in_queue = false;
        Waiter* before = nullptr;
        Waiter* after = nullptr;
    };
    struct Blocked;
    // Until when a caller who comes `now` may wait, and whether that is our own limit or his deadline.
    struct Longest {
        Instant until;
        bool is_our_limit;
    };
    [[nodiscard]] Longest longest_wait(Instant now, Instant deadline) const noexcept {
        const Instant limit = after(now, settings_.wait);
        return limit < deadline ? Longest{limit, true} : Longest{deadline, false};
    }
    [[nodiscard]] Fault too_late(const Longest& longest, Reason expiry) noexcept;
    enum class Joined : std::uint8_t { waits, has_slot, refused };
    [[nodiscard]] Joined join_queue(Waiter& caller) noexcept;
    [[nodiscard]] bool leave_queue(Waiter& caller) noexcept;
    void hand_over() noexcept;
    [[nodiscard]] Waiter* pop_queue() noexcept;
    [[nodiscard]] Result<Slot> wait_for_slot(BlockingClock& clock, Instant deadline, const std::stop_token& stop,
                                             Reason expiry) noexcept;
    Fault refusal(std::string_view why) noexcept;

    const Bulkhead settings_;
    const std::uint32_t concurrent_;
    std::mutex mutex_;   // guards the queue; a post, or waking a thread, is the longest that is done under it
    Waiter* first_ = nullptr;
    Waiter* last_ = nullptr;
    std::atomic<std::uint64_t> refused_{0};
    alignas(64) std::atomic<State> state_{0};   // a cache line of its own: every call writes it
};

inline void Slot::leave() noexcept {
    if (ConcurrencyLimiter* left = std::exchange(bulkhead_, nullptr)) left->leave();
}

// One caller on its way in: an awaitable, and while it waits a node of the bulkhead's queue. Three things may end the
// wait, all on its own thread: the arrival of a slot, its timer, its cancel; the first decides. If the slot is on its
// way from another thread when the wait is given up, the wait ends with its arrival, and the slot goes to the next.
class [[nodiscard]] ConcurrencyLimiter::Entering final : outrigger::detail::WaitNode, Waiter {
public:
    Entering(ConcurrencyLimiter& bulkhead, Scheduler& scheduler, const Wait& wait) noexcept
        : WaitNode{scheduler, wait},
          Waiter{[](Waiter& self) noexcept {
              Entering& caller = static_cast<Entering&>(self);
              caller.scheduler_.executor().post(caller.arrival_);
          }},
          bulkhead_{bulkhead} {}
    Entering(const Entering&) = delete;
    Entering& operator=(const Entering&) = delete;
    ~Entering() { scheduler_.timers().forget(timer_); }

    // The cancel comes first: a cancelled task must not go on just because a slot is free.
    [[nodiscard]] bool await_ready() noexcept {
        if (wait_.cancel && wait_.cancel->requested()) return over_before_it_began();
        has_slot_ = bulkhead_.take();
        return has_slot_ || cannot_wait();
    }
    [[nodiscard]] bool await_suspend(std::coroutine_handle<> waiting);
    [[nodiscard]] Result<Slot> await_resume() noexcept {
        if (has_slot_) return Slot{bulkhead_};
        return *fault_;
    }

private:
    friend class ConcurrencyLimiter;
    struct Timer : TimerEntry {
        explicit Timer(Entering& owner) noexcept
            : TimerEntry{[](TimerEntry& self) noexcept {
                  Entering& caller = static_cast<Timer&>(self).entering;
                  caller.end(caller.bulkhead_.too_late(caller.longest_, caller.wait_.expiry));
              }},
              entering{owner} {}
        Entering& entering;
    };
    struct Arrival : outrigger::Job {   // of a slot, posted to this thread
        explicit Arrival(Entering& owner) noexcept
            : outrigger::Job{[](outrigger::Job& self) noexcept { static_cast<Arrival&>(self).entering.arrive(); }},
              entering{owner} {}
        Entering& entering;
    };

    [[nodiscard]] bool cannot_wait() noexcept;
    void end(std::optional<Fault> fault) noexcept override;
    void arrive() noexcept;

    ConcurrencyLimiter& bulkhead_;
    Timer timer_{*this};
    Arrival arrival_{*this};
    bool has_slot_ = false;
    Longest longest_{never, false};
};

inline ConcurrencyLimiter::Entering ConcurrencyLimiter::enter(Scheduler& scheduler, const Wait& wait) noexcept {
    return Entering{*this, scheduler, wait};
}

}  // namespace outrigger::resilience
