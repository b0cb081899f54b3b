// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <outrigger/core/task.hpp>
#include <outrigger/core/validate.hpp>
#include <outrigger/resilience/breaker.hpp>
#include <outrigger/resilience/bulkhead.hpp>
#include <outrigger/resilience/call.hpp>
#include <outrigger/resilience/classify.hpp>
#include <outrigger/resilience/fallback.hpp>
#include <outrigger/resilience/pipeline_plan.hpp>
#include <outrigger/resilience/rate_limit.hpp>
#include <outrigger/resilience/retry.hpp>
#include <outrigger/resilience/timeout.hpp>

// The stages of a pipeline: a policy's state, and how a call passes it. Each stands twice where it has to wait: for a
// thread that blocks, and as a coroutine. What decides is in the policies alone.
namespace outrigger::resilience::detail {

// Passes on what circuits tell to whoever observes the pipeline, at that moment.
class Relay final : public CircuitObserver {
public:
    void on(const CircuitEvent& event) noexcept override {
        if (Observer* const observer = to.load(std::memory_order_acquire))
            std::visit([observer](const auto& one) { observer->on(Event{one}); }, event);
    }
    std::atomic<Observer*> to{nullptr};
};

// What a stage is made of.
template <class Settings>
struct StageOf {
    Settings settings;
    std::string_view pipeline;
    Relay& relay;
    bool inside_retry;
};

// ---- Policies that only say something before and after

class TimeoutStage {
public:
    explicit TimeoutStage(StageOf<Timeout>&& from)
        : settings_{checked(from.settings)},
          expiry_{from.inside_retry ? Reason::attempt_timeout : Reason::timeout} {}
    [[nodiscard]] PlannedPolicy plan() const { return PlannedTimeout{settings_.limit}; }

    class Pass {
    public:
        explicit Pass(TimeoutStage& stage) noexcept : stage_{stage} {}
        [[nodiscard]] Result<void> begin(Passage& call) noexcept {
            around_ = call.in_force();
            call.put_in_force(around_.within(stage_.settings_, call.now(), stage_.expiry_));
            return {};
        }
        void end(Passage& call) noexcept { call.put_in_force(around_); }

    private:
        TimeoutStage& stage_;
        Deadline around_;
    };

private:
    const Timeout settings_;
    const Reason expiry_;
};

class BreakerStage {
public:
    explicit BreakerStage(StageOf<Breaker>&& from) : breaker_{from.settings, std::string{from.pipeline}, &from.relay} {}
    [[nodiscard]] CircuitBreaker& policy() noexcept { return breaker_; }
    [[nodiscard]] PlannedPolicy plan() const { return PlannedBreaker{}; }

    class Pass {
    public:
        explicit Pass(BreakerStage& stage) noexcept : stage_{stage} {}
        [[nodiscard]] Result<void> begin(Passage& call) noexcept {
            auto permit = stage_.breaker_.try_acquire(call.now(), call.rng());
            if (!permit) return permit.error();
            permit_ = *std::move(permit);
            return {};
        }
        void end(Passage& call) noexcept { permit_.settle(call.assessment().verdict, call.now(), call.rng()); }

    private:
        BreakerStage& stage_;
        Permit permit_;
    };

private:
    CircuitBreaker breaker_;
};

class RateLimitStage {
public:
    explicit RateLimitStage(StageOf<RateLimit>&& from) : limiter_{from.settings} {}
    [[nodiscard]] RateLimiter& policy() noexcept { return limiter_; }
    [[nodiscard]] PlannedPolicy plan() const { return PlannedRateLimit{}; }

    class Pass {
    public:
        explicit Pass(RateLimitStage& stage) noexcept : stage_{stage} {}
        [[nodiscard]] Result<void> begin(Passage& call) noexcept { return stage_.limiter_.try_acquire(call.now()); }
        void end(Passage&) noexcept {}

    private:
        RateLimitStage& stage_;
    };

private:
    RateLimiter limiter_;
};

template <class Stage>
concept BeforeAndAfter = requires { typename Stage::Pass; };

template <BeforeAndAfter Stage, class Next>
auto drive(Stage& stage, Passage& call, BlockingClock&, Next next) -> decltype(next()) {
    if (const auto over = call.over()) return call.refuse(*over);   // before it costs a token or a probe
    typename Stage::Pass pass{stage};
    if (const Result<void> may = pass.begin(call); !may) return call.refuse(may.error());
    auto result = next();
    pass.end(call);
    return result;
}
template <BeforeAndAfter Stage, class Next>
auto drive(Stage& stage, Passage& call, Scheduler&, Next next) -> decltype(next()) {
    if (const auto over = call.over()) co_return call.refuse(*over);
    typename Stage::Pass pass{stage};
    if (const Result<void> may = pass.begin(call); !may) co_return call.refuse(may.error());
    auto result = co_await next();
    pass.end(call);
    co_return result;
}

// ---- Policies that wait

class BulkheadStage {
public:
    explicit BulkheadStage(StageOf<Bulkhead>&& from) : limiter_{from.settings} {}
    [[nodiscard]] ConcurrencyLimiter& policy() noexcept { return limiter_; }
    [[nodiscard]] PlannedPolicy plan() const {
        const Bulkhead& settings = limiter_.settings();
        const bool waits = settings.concurrent && settings.queue > 0 && !settings.shadow;
        return PlannedBulkhead{waits ? settings.wait : Duration::zero()};
    }

private:
    ConcurrencyLimiter limiter_;
};

template <class Next>
auto drive(BulkheadStage& stage, Passage& call, BlockingClock& clock, Next next) -> decltype(next()) {
    if (const Slot slot = stage.policy().enter_if_free(); slot.held()) return next();
    const Deadline& deadline = call.in_force();
    const auto slot = stage.policy().enter(clock, deadline.at, call.stop_token(), deadline.expiry);
    call.refresh();
    if (!slot) return call.refuse(slot.error());
    return next();
}
template <class Next>
auto drive(BulkheadStage& stage, Passage& call, Scheduler& scheduler, Next next) -> decltype(next()) {
    auto slot = co_await stage.policy().enter(scheduler, call.wait());
    call.refresh();
    if (!slot) co_return call.refuse(slot.error());
    auto result = co_await next();
    co_return result;
}

class RetryStage {
public:
    explicit RetryStage(StageOf<Retry>&& from) : policy_{from.settings} {}
    [[nodiscard]] Retrying& policy() noexcept { return policy_; }
    [[nodiscard]] PlannedPolicy plan() const {
        Retry settings = policy_.settings();
        if (settings.shadow) settings.attempts = 1;
        return PlannedRetry{settings};
    }

    // One call's attempts.
    class Attempts {
    public:
        Attempts(RetryStage& stage, Passage& call) noexcept
            : policy_{stage.policy_},
              call_{call},
              around_{call.in_force()},
              ended_{.deadline = call.deadline()} {
            policy_.record_call(call.now());
        }
        void begin() noexcept {
            if (const auto& one = policy_.settings().per_try_timeout)
                call_.put_in_force(around_.within(Timeout{*one}, call_.now(), Reason::attempt_timeout));
        }
        [[nodiscard]] RetryDecision end() noexcept {
            call_.put_in_force(around_);
            ended_.assessment = call_.assessment();
            ended_.safe = call_.idempotent();
            RetryDecision next = policy_.before_next(ended_, call_.now(), call_.rng());
            ++ended_.number;
            if (next)
                call_.tell([&] {
                    return RetryScheduled{call_.policy(), call_.attempts() + 1, next->length(), call_.failed_with(),
                                          call_.status()};
                });
            else if (next.stop() != Stop::not_needed && next.stop() != Stop::not_retryable)
                call_.tell([&] { return RetryAbandoned{call_.policy(), call_.attempts(), next.stop()}; });
            return next;
        }
        // After the pause: why there is no further attempt after all, if there is none.
        [[nodiscard]] std::optional<Fault> go_on(RetryPause& pause) noexcept {
            call_.refresh();
            if (const auto why = call_.over()) return call_.refuse(*why);
            pause.start();
            ended_.backoff = pause.backoff();
            return std::nullopt;
        }

    private:
        Retrying& policy_;
        Passage& call_;
        const Deadline around_;
        EndedAttempt ended_;
    };

private:
    Retrying policy_;
};

template <class Next>
auto drive(RetryStage& stage, Passage& call, BlockingClock& clock, Next next) -> decltype(next()) {
    if (const auto over = call.over()) return call.refuse(*over);
    RetryStage::Attempts attempts{stage, call};
    for (;;) {
        attempts.begin();
        auto result = next();
        RetryDecision again = attempts.end();
        if (!again) return result;
        (void)clock.pause(after(call.now(), again->length()), call.stop_token());
        if (const auto stopped = attempts.go_on(*again)) return *stopped;
    }
}
template <class Next>
auto drive(RetryStage& stage, Passage& call, Scheduler& scheduler, Next next) -> decltype(next()) {
    if (const auto over = call.over()) co_return call.refuse(*over);
    RetryStage::Attempts attempts{stage, call};
    for (;;) {
        attempts.begin();
        auto result = co_await next();
        RetryDecision again = attempts.end();
        if (!again) co_return result;
        // From the end of the attempt, not from the beginning of the loop's turn.
        Pause pause{scheduler, after(call.now(), again->length()) - scheduler.now(), call.wait()};
        (void)co_await pause;
        if (const auto stopped = attempts.go_on(*again)) co_return *stopped;
    }
}

// ---- Policies that look at the result

// Says what a result means: the function gets the Result and returns an Assessment.
template <class Function>
class ClassifyStage {
public:
    explicit ClassifyStage(StageOf<Classify<Function>>&& from) : function_{std::move(from.settings.function)} {}
    [[nodiscard]] PlannedPolicy plan() const { return PlannedClassify{}; }
    template <class R>
    [[nodiscard]] R look_at(R result, Passage& call) {
        try {
            call.classify(function_(std::as_const(result)));
        } catch (...) {
            return call.threw("the function that classifies threw an exception");
        }
        return result;
    }

private:
    Function function_;
};

template <class Instead, class When>
class FallbackStage {
public:
    explicit FallbackStage(StageOf<Fallback<Instead, When>>&& from) : fallback_{std::move(from.settings)} {}
    [[nodiscard]] PlannedPolicy plan() const { return PlannedFallback{}; }
    template <class R>
    [[nodiscard]] R look_at(R result, Passage& call) {
        if (result || call.caller_left()) return result;
        try {
            if (!fallback_.takes(result.error())) return result;
            R instead = fallback_.template stand_in<typename R::value_type>(result.error());
            call.forget_exception();
            call.assess_as(instead ? Assessment{} : assess(instead.error()));
            call.tell([&] { return FellBack{call.policy(), result.error().reason}; });
            return instead;
        } catch (...) {
            return call.threw("the fallback threw an exception");
        }
    }

private:
    const Fallback<Instead, When> fallback_;
};

template <class Stage>
concept LooksAtResults = requires { &Stage::template look_at<Result<void>>; };

template <LooksAtResults Stage, class Next>
auto drive(Stage& stage, Passage& call, BlockingClock&, Next next) -> decltype(next()) {
    return stage.look_at(next(), call);
}
template <LooksAtResults Stage, class Next>
auto drive(Stage& stage, Passage& call, Scheduler&, Next next) -> decltype(next()) {
    auto result = co_await next();
    co_return stage.look_at(std::move(result), call);
}

// ---- The innermost: the callee

template <class T>
struct ResultOf : std::type_identity<Result<T>> {};
template <class T>
struct ResultOf<Result<T>> : std::type_identity<Result<T>> {};
template <class T>
struct ResultOf<Task<T>> : ResultOf<T> {};

// Result<T> for a function that returns T, Result<T>, Task<T> or Task<Result<T>>.
template <class Function>
using result_of = typename ResultOf<std::remove_cvref_t<std::invoke_result_t<Function&, Call&>>>::type;

template <class Function>
result_of<Function> invoke(Passage& call, Function& function) {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Function&, Call&>>) {
            function(static_cast<Call&>(call));
            return {};
        } else {
            return function(static_cast<Call&>(call));
        }
    } catch (...) {
        return call.threw("the called function threw an exception");
    }
}
template <class Function>
Task<result_of<Function>> invoke_task(Passage& call, Function& function) {
    try {
        if constexpr (std::is_same_v<std::invoke_result_t<Function&, Call&>, Task<void>>) {
            co_await function(static_cast<Call&>(call));
            co_return Result<void>{};
        } else {
            co_return co_await function(static_cast<Call&>(call));
        }
    } catch (...) {
        co_return call.threw("the called function threw an exception");
    }
}

template <class R>
R attempt_ended(Passage& call, R result, Instant began) {
    call.refresh();
    if (!result) return call.attempt_failed(result.error(), began);
    call.attempt_gave_value(began);
    return result;
}

template <class Function>
result_of<Function> perform(Passage& call, BlockingClock&, Function& function) {
    if (const auto why = call.over()) return call.refuse(*why);
    call.attempt_begins();
    const Instant began = call.now();
    return attempt_ended(call, invoke(call, function), began);
}
template <class Function>
Task<result_of<Function>> perform(Passage& call, Scheduler&, Function& function) {
    if (const auto why = call.over()) co_return call.refuse(*why);
    call.attempt_begins();
    const Instant began = call.now();
    auto result = co_await invoke_task(call, function);
    co_return attempt_ended(call, std::move(result), began);
}

// How a call is driven, and what a step of it returns.
template <class Driver, class R>
struct Driven : std::type_identity<R> {};
template <class R>
struct Driven<Scheduler, R> : std::type_identity<Task<R>> {};
template <class Driver, class R>
using driven = typename Driven<Driver, R>::type;

}  // namespace outrigger::resilience::detail
