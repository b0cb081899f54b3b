// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <coroutine>
#include <optional>

#include <outrigger/core/cancel.hpp>
#include <outrigger/core/clock.hpp>
#include <outrigger/core/executor.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/timers.hpp>

namespace outrigger {

// How long a wait may take and who may end it. Every wait takes one.
struct Wait {
    Instant deadline = never;
    Cancel* cancel = nullptr;
    Reason expiry = Reason::timeout;   // the fault's reason when the deadline passes

    // This wait, but no longer than until `earlier`; if that comes first, `reason` is the fault's.
    [[nodiscard]] Wait until(Instant earlier, Reason reason) const noexcept {
        return earlier < deadline ? Wait{earlier, cancel, reason} : *this;
    }
};

// The heart of an event loop, without its I/O: what is ready to run, and what waits for an instant. The owner (a
// net::Loop, or a test that moves a ManualClock) calls turn(). One thread; other threads come in by executor().post().
class Scheduler {
public:
    Scheduler(const Clock& clock, Executor& executor) noexcept
        : clock_{clock}, executor_{executor}, now_{clock.now()} {}
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    // Constant within a turn: cheap, and the same for all that happens "at once".
    [[nodiscard]] Instant now() const noexcept { return now_; }
    [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
    [[nodiscard]] Executor& executor() noexcept { return executor_; }
    [[nodiscard]] Timers& timers() noexcept { return timers_; }
    [[nodiscard]] const Timers& timers() const noexcept { return timers_; }

    // Runs the job in this turn or the next one, never inline.
    void ready(Job& job) noexcept { ready_.push(job); }
    [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty(); }

    // Reads the clock: after a wait for I/O.
    void refresh() noexcept { now_ = clock_.now(); }

    // Fires what is due, then runs what was ready when it began. What became ready meanwhile waits for the next turn,
    // so that I/O gets its share.
    void turn() {
        timers_.fire_until(now_);
        JobQueue batch;
        batch.take(ready_);
        while (Job* job = batch.pop()) job->run(*job);
    }

private:
    const Clock& clock_;
    Executor& executor_;
    Instant now_;
    Timers timers_;
    JobQueue ready_;
};

namespace detail {

// One suspended wait: an intrusive node with up to three sources (readiness, timer, cancel). The first to come
// unlinks the others and queues the resumption; nothing is resumed inline.
class WaitNode : private CancelLink, private Job {
public:
    explicit WaitNode(Scheduler& scheduler, const Wait& wait) noexcept
        : CancelLink{[](CancelLink& self, const Fault& why) noexcept { static_cast<WaitNode&>(self).end(why); }},
          Job{[](Job& self) noexcept { static_cast<WaitNode&>(self).waiting_.resume(); }},
          scheduler_{scheduler},
          wait_{wait} {}

protected:
    // What is known without waiting: cancelled already, or the deadline has passed.
    [[nodiscard]] bool over_before_it_began() noexcept {
        if (wait_.cancel)
            if (const Fault* why = wait_.cancel->requested()) return fault_ = *why, true;
        if (wait_.deadline <= scheduler_.now()) return fault_ = expired(), true;
        return false;
    }
    void begin(std::coroutine_handle<> waiting) noexcept {
        waiting_ = waiting;
        if (wait_.cancel) link(*wait_.cancel);
    }
    // Called by a source, once: the subclass has unlinked itself from the other sources.
    void wake(std::optional<Fault> fault) noexcept {
        unlink();
        fault_ = fault;
        scheduler_.ready(*this);
    }
    virtual void end(std::optional<Fault> fault) noexcept = 0;
    ~WaitNode() = default;

    [[nodiscard]] Fault expired() const noexcept { return Fault{wait_.expiry, "the deadline passed"}; }
    [[nodiscard]] Result<void> outcome() const noexcept { return fault_ ? Result<void>{*fault_} : Result<void>{}; }

    Scheduler& scheduler_;
    Wait wait_;
    std::optional<Fault> fault_;

private:
    std::coroutine_handle<> waiting_ = nullptr;
};

}  // namespace detail

// A door that someone else opens: readiness of a socket, room in a queue. At most one waits at a time. The timer
// lives here, not in the wait, so that a wait whose deadline lies later than the last one's re-arms nothing.
class Gate {
public:
    explicit Gate(Scheduler& scheduler, bool open = false) noexcept : scheduler_{scheduler}, open_{open} {}
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() { scheduler_.timers().forget(timer_); }

    // Open: waits end at once, until close(). The one who waits is queued, not resumed.
    void open() noexcept {
        open_ = true;
        if (waiting_) waiting_->end(std::nullopt);
    }
    void close() noexcept { open_ = false; }
    [[nodiscard]] bool is_open() const noexcept { return open_; }
    [[nodiscard]] Scheduler& scheduler() noexcept { return scheduler_; }

    // Gives the wait in progress this deadline instead of its own. False: there is none, or it has ended already and
    // only has not been resumed yet.
    bool set_deadline(Instant deadline, Reason expiry) {
        if (!waiting_) return false;
        waiting_->move_deadline(deadline, expiry);
        return true;
    }

    class Waiting final : detail::WaitNode {
    public:
        Waiting(Gate& gate, const Wait& wait) noexcept : WaitNode{gate.scheduler_, wait}, gate_{gate} {}
        // The cancel comes first: a cancelled task must not go on just because data is there.
        [[nodiscard]] bool await_ready() noexcept {
            if (wait_.cancel && wait_.cancel->requested()) return over_before_it_began();
            return gate_.open_ || over_before_it_began();
        }
        void await_suspend(std::coroutine_handle<> waiting) {
            begin(waiting);
            gate_.waiting_ = this;
            scheduler_.timers().arm(gate_.timer_, wait_.deadline);
        }
        [[nodiscard]] Result<void> await_resume() const noexcept { return outcome(); }

    private:
        friend class Gate;
        void end(std::optional<Fault> fault) noexcept override {
            gate_.waiting_ = nullptr;
            scheduler_.timers().disarm(gate_.timer_);
            wake(fault);
        }
        void move_deadline(Instant deadline, Reason expiry) {
            wait_.deadline = deadline;
            wait_.expiry = expiry;
            scheduler_.timers().arm(gate_.timer_, deadline);
        }
        Gate& gate_;
    };
    // Ok once the gate is open; else the fault of the deadline or of the cancel.
    [[nodiscard]] Waiting wait(const Wait& wait) noexcept { return Waiting{*this, wait}; }

private:
    struct Timer : TimerEntry {
        explicit Timer(Gate& owner) noexcept
            : TimerEntry{[](TimerEntry& self) noexcept {
                  if (Waiting* waiting = static_cast<Timer&>(self).gate.waiting_) waiting->end(waiting->expired());
              }},
              gate{owner} {}
        Gate& gate;
    };

    Scheduler& scheduler_;
    Timer timer_{*this};
    Waiting* waiting_ = nullptr;
    bool open_;
};

// A pause: ok after `length`; a fault if the wait's deadline or cancel comes first.
class Pause final : detail::WaitNode {
public:
    Pause(Scheduler& scheduler, Duration length, const Wait& wait) noexcept
        : WaitNode{scheduler, wait}, until_{after(scheduler.now(), length)} {}
    Pause(const Pause&) = delete;
    ~Pause() { scheduler_.timers().forget(timer_); }

    [[nodiscard]] bool await_ready() noexcept { return over_before_it_began(); }
    void await_suspend(std::coroutine_handle<> waiting) {
        begin(waiting);
        scheduler_.timers().arm(timer_, std::min(until_, wait_.deadline));
    }
    [[nodiscard]] Result<void> await_resume() const noexcept { return outcome(); }

private:
    struct Timer : TimerEntry {
        explicit Timer(Pause& owner) noexcept
            : TimerEntry{[](TimerEntry& self) noexcept {
                  Pause& owner_pause = static_cast<Timer&>(self).pause;
                  if (owner_pause.until_ <= owner_pause.wait_.deadline) return owner_pause.end(std::nullopt);
                  owner_pause.end(owner_pause.expired());
              }},
              pause{owner} {}
        Pause& pause;
    };
    void end(std::optional<Fault> fault) noexcept override {
        scheduler_.timers().disarm(timer_);
        wake(fault);
    }

    Instant until_;
    Timer timer_{*this};
};

// Lets everything else that is ready run first.
class Yield : private Job {
public:
    explicit Yield(Scheduler& scheduler) noexcept
        : Job{[](Job& self) noexcept { static_cast<Yield&>(self).waiting_.resume(); }}, scheduler_{scheduler} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept {
        waiting_ = waiting;
        scheduler_.ready(*this);
    }
    void await_resume() const noexcept {}

private:
    Scheduler& scheduler_;
    std::coroutine_handle<> waiting_ = nullptr;
};

}  // namespace outrigger
