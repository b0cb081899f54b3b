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
    // 1, 2, ...
    [[nodiscard]] std::uint32_t attempt() const noexcept { return attempt_; }
    [[nodiscard]] bool idempotent() const noexcept { return idempotent_; }

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
    std::uint32_t attempt_ = 1;
    Cancel* cancel_;
    std::stop_token stop_;
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
        : Call{options}, clock_{clock}, line_{line}, now_{clock.now()}, began_{now_} {}

    // Read when something has taken time; in between all happens at once.
    [[nodiscard]] Instant now() const noexcept { return now_; }
    void refresh() noexcept { now_ = clock_.now(); }
    // Made when it is first needed: most calls need no chance.
    [[nodiscard]] Rng& rng() noexcept {
        if (!rng_) rng_.emplace(line_.seed);
        return *rng_;
    }

    [[nodiscard]] const Deadline& in_force() const noexcept { return deadline_; }
    void put_in_force(const Deadline& deadline) noexcept { deadline_ = deadline; }
    void begin_attempt(std::uint32_t number) noexcept { attempt_ = number; }

    // Why it makes no sense to go on, if it does not: the caller gave up, or the deadline has passed.
    [[nodiscard]] std::optional<Fault> over() const noexcept {
        if (const auto left = caller_left()) return left;
        return deadline_.passed(now_) ? std::optional{deadline_.fault()} : std::nullopt;
    }

    // ---- What became of the last attempt, for the policies further out
    [[nodiscard]] const Assessment& assessment() const noexcept { return assessment_; }
    void assess_as(const Assessment& assessment) noexcept { assessment_ = assessment; }

    // A policy, or the deadline, stopped the call before it reached the callee: nothing is known of that one.
    [[nodiscard]] Fault refuse(const Fault& why) noexcept {
        assessment_ = {Verdict::neutral, Retryable::no, assess(why).retry_after};
        tell([&] { return CallRefused{line_.name, why}; });
        return why;
    }

    // The callee gave a value, or this fault.
    void attempt_begins() noexcept {
        ++attempts_;
        thrown_ = nullptr;
    }
    void attempt_gave_value(Instant began) noexcept {
        assessment_ = {};
        tell([&] { return AttemptEnded{line_.name, attempt_, Verdict::success, std::nullopt, now_ - began}; });
    }
    // Whatever it failed with: if the caller had given up, that is why.
    [[nodiscard]] Fault attempt_failed(const Fault& how, Instant began) noexcept {
        const Fault why = caller_left().value_or(attributed(how, deadline_, now_, false));
        assessment_ = assess(why);
        tell([&] { return AttemptEnded{line_.name, attempt_, assessment_.verdict, why.reason, now_ - began}; });
        return why;
    }
    // To be called while an exception is handled. It is kept for the end of the call.
    [[nodiscard]] Fault attempt_threw() noexcept {
        thrown_ = std::current_exception();
        return {Reason::call_failed, "the called function threw an exception"};
    }

    // The end of the whole call. An exception that ended its last attempt goes on to the caller.
    void end(const Fault* fault) {
        tell([&] {
            return CallEnded{line_.name, attempts_, fault ? std::optional{fault->reason} : std::nullopt, now_ - began_};
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
    [[nodiscard]] std::optional<Fault> caller_left() const noexcept {
        if (cancel_)
            if (const Fault* why = cancel_->requested()) return *why;
        if (stop_.stop_requested()) return Fault{Reason::caller_left, "the caller gave up"};
        return std::nullopt;
    }

    const Clock& clock_;
    const Line line_;
    Instant now_;
    const Instant began_;
    Assessment assessment_;
    std::uint32_t attempts_ = 0;
    std::exception_ptr thrown_;
    std::optional<Rng> rng_;
};

}  // namespace detail
}  // namespace outrigger::resilience
