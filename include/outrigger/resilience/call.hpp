// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include <outrigger/core/blocking.hpp>
#include <outrigger/core/cancel.hpp>
#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/scheduler.hpp>
#include <outrigger/resilience/pipeline_events.hpp>
#include <outrigger/resilience/timeout.hpp>
#include <outrigger/resilience/verdict.hpp>

namespace outrigger::resilience {

// What the caller says about one call through a pipeline.
struct CallOptions {
    Instant deadline = never;                    // the caller's own; policies only shorten it
    std::stop_token stop = {};                   // blocking calls: the caller gives up
    Cancel* cancel = nullptr;                    // coroutines: the same
    bool idempotent = true;                      // it may be made twice: without it only what never arrived is retried
    Reason expiry = Reason::deadline_expired;    // the fault's reason if `deadline` passes
};

// One call on its way, as the called function sees it. It is handed out by a pipeline and lives as long as the call;
// it belongs to the thread that makes the call.
class Call {
public:
    // Until when an answer is of use: the earliest of the caller's deadline and the timeouts around. A blocking
    // function must observe it; nobody cuts a thread.
    [[nodiscard]] Instant deadline() const noexcept { return deadline_.at; }
    // The caller's own, passed through.
    [[nodiscard]] const std::stop_token& stop_token() const noexcept { return stop_; }
    // For what a coroutine waits for: the deadline and the caller's cancel.
    [[nodiscard]] Wait wait() const noexcept { return {deadline_.at, cancel_, deadline_.expiry}; }
    // 1, 2, ...: how often the callee has been called, this time included.
    [[nodiscard]] std::uint32_t attempt() const noexcept { return attempt_; }
    [[nodiscard]] bool idempotent() const noexcept { return idempotent_; }

    // What the attempt under way means, where its result does not say it: an HTTP reply is a value, whatever its status. A
    // Classify stage has the last word. `status`: the reply's, for events; 0: there is none.
    void attempt_means(const Assessment& meaning, int status = 0) noexcept {
        said_ = meaning;
        status_ = status;
    }
    // It has turned out that the call may not be made twice.
    void not_idempotent() noexcept { idempotent_ = false; }

    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

protected:
    explicit Call(const CallOptions& options) noexcept
        : deadline_{options.deadline, options.expiry},
          idempotent_{options.idempotent},
          cancel_{options.cancel},
          stop_{options.stop} {}
    ~Call() = default;

    Deadline deadline_;
    bool idempotent_;
    std::uint32_t attempt_ = 0;
    Cancel* cancel_;
    std::stop_token stop_;
    std::optional<Assessment> said_;   // by the function, of the attempt under way
    int status_ = 0;
};

namespace detail {

// A call as the stages of a pipeline see it.
class Passage final : public Call {
public:
    // What all calls of a pipeline share.
    struct Line {
        std::string_view name;
        Observer* observer = nullptr;
        std::uint64_t seed = 0;
    };

    Passage(const Line& line, const CallOptions& options, const Clock& clock) noexcept
        : Call{options}, clock_{clock}, line_{line}, callers_{options.deadline}, now_{clock.now()}, began_{now_} {}

    // Read when something has taken time; in between all happens at once.
    [[nodiscard]] Instant now() const noexcept { return now_; }
    void refresh() noexcept { now_ = clock_.now(); }
    // Made when it is first asked for.
    [[nodiscard]] Rng& rng() noexcept {
        if (!rng_) rng_.emplace(line_.seed);
        return *rng_;
    }

    [[nodiscard]] const Deadline& in_force() const noexcept { return deadline_; }
    void put_in_force(const Deadline& deadline) noexcept { deadline_ = deadline; }
    // How often the callee was called.
    [[nodiscard]] std::uint32_t attempts() const noexcept { return attempt_; }

    // Why the caller needs no answer any more, if he does not.
    [[nodiscard]] std::optional<Fault> caller_left() const noexcept {
        if (cancel_)
            if (const Fault* why = cancel_->requested()) return *why;
        if (stop_.stop_requested()) return Fault{Reason::caller_left, "the caller gave up"};
        return std::nullopt;
    }
    // Why it makes no sense to go on, if it does not: the caller gave up, or the deadline has passed.
    [[nodiscard]] std::optional<Fault> over() const noexcept {
        if (const auto left = caller_left()) return left;
        return deadline_.passed(now_) ? std::optional{deadline_.fault()} : std::nullopt;
    }

    // ---- What became of the last attempt, for the policies further out
    [[nodiscard]] const Assessment& assessment() noexcept {
        tell_attempt();
        return assessment_;
    }
    // Nothing: it gave a value, whatever that was held for.
    [[nodiscard]] std::optional<Reason> failed_with() const noexcept { return failed_with_; }
    [[nodiscard]] int status() const noexcept { return failed_with_ ? 0 : status_; }   // of the reply that it gave
    // By who knows better. What never reached the callee, and what the caller himself ended, is no matter of opinion.
    void classify(const Assessment& assessment) noexcept {
        if (!settled_) assessment_ = assessment;
    }
    void assess_as(const Assessment& assessment) noexcept {
        tell_attempt();
        assessment_ = assessment;
    }

    // A policy, or the deadline, stopped the call before it reached the callee: nothing is known of that one.
    [[nodiscard]] Fault refuse(const Fault& why) noexcept {
        tell_attempt();
        settle_neutral(why);
        tell([&] { return CallRefused{line_.name, why}; });
        return why;
    }

    // The callee gave a value, or this fault.
    void attempt_begins() noexcept {
        tell_attempt();
        ++attempt_;
        settled_ = false;
        thrown_ = nullptr;
        said_.reset();
        status_ = 0;
    }
    void attempt_gave_value(Instant began) noexcept {
        assessment_ = said_.value_or(Assessment{});
        attempt_ended(std::nullopt, began);
    }
    [[nodiscard]] Fault attempt_failed(const Fault& how, Instant began) noexcept {
        const Fault why = explanation_of(how);
        attempt_ended(why.reason, began);
        return why;
    }
    // To be called while an exception is handled. It is kept for the end of the call, and forgotten where something else
    // answers.
    [[nodiscard]] Fault threw(std::string_view who) noexcept {
        thrown_ = std::current_exception();
        return {Reason::call_failed, who};
    }
    void forget_exception() noexcept { thrown_ = nullptr; }

    // The end of the whole call. An exception that it ended with goes on to the caller.
    void end(const Fault* fault) {
        tell_attempt();
        tell([&] {
            return CallEnded{line_.name, attempt_, fault ? std::optional{fault->reason} : std::nullopt, now_ - began_};
        });
        if (thrown_ && fault && fault->reason == Reason::call_failed)
            std::rethrow_exception(std::exchange(thrown_, nullptr));
    }

    // Makes the event only if somebody listens.
    template <class Make>
    void tell(Make&& make) noexcept {
        if (line_.observer) line_.observer->on(Event{make()});
    }
    [[nodiscard]] std::string_view policy() const noexcept { return line_.name; }

private:
    // Why an attempt really failed, and what that says of the callee. Who looks at a deadline or a stop token sees that it
    // must end, but not whose limit that was. The caller's leaving explains everything; the deadline in force explains
    // what says no more than "cut". Before the deadline such a fault is the callee's own.
    [[nodiscard]] Fault explanation_of(const Fault& how) noexcept {
        if (const auto left = caller_left()) return settle_neutral(*left);
        const Fault why = attributed(how, deadline_, now_, false);
        if (deadline_.passed(now_) && why == deadline_.fault()) {
            if (deadline_.at == callers_) return settle_neutral(why);
            assessment_ = said_ && why.reason == Reason::attempt_timeout ? *said_ : assess(why);
            return why;
        }
        if (said_) {
            assessment_ = *said_;
            return why;
        }
        const bool cut = how.reason == Reason::timeout || how.reason == Reason::attempt_timeout ||
                         how.reason == Reason::deadline_expired;
        assessment_ = cut ? Assessment{Verdict::failure, Retryable::if_safe, assess(how).retry_after} : assess(how);
        return why;
    }
    Fault settle_neutral(const Fault& why) noexcept {
        assessment_ = {Verdict::neutral, Retryable::no, assess(why).retry_after};
        settled_ = true;
        return why;
    }
    // Told when its assessment is final: when a policy further out asks for it.
    void attempt_ended(std::optional<Reason> reason, Instant began) noexcept {
        failed_with_ = reason;
        if (line_.observer) untold_ = AttemptEnded{line_.name, attempt_, Verdict::success, reason, now_ - began};
    }
    void tell_attempt() noexcept {
        if (!untold_) return;
        untold_->verdict = assessment_.verdict;
        line_.observer->on(Event{*untold_});
        untold_.reset();
    }

    const Clock& clock_;
    const Line line_;
    const Instant callers_;   // his own deadline
    Instant now_;
    const Instant began_;
    Assessment assessment_;
    std::optional<Reason> failed_with_;
    bool settled_ = false;   // nobody may say otherwise
    std::optional<AttemptEnded> untold_;
    std::exception_ptr thrown_;
    std::optional<Rng> rng_;
};

}  // namespace detail
}  // namespace outrigger::resilience
