// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <outrigger/core/describe.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units_text.hpp>
#include <outrigger/resilience/backoff.hpp>
#include <outrigger/resilience/retry_budget.hpp>
#include <outrigger/resilience/verdict.hpp>

namespace outrigger::resilience {

// Which calls are tried again is no setting: the Assessment of each ended attempt says it (verdict.hpp).
struct Retry {
    std::uint32_t attempts = 3;
    std::optional<Duration> per_try_timeout = {};
    Backoff backoff = {};
    std::optional<Budget> budget = Budget{};   // nothing: no bound but `attempts`, for programs that know why
    bool shadow = false;

    friend bool operator==(const Retry&, const Retry&) = default;
    // The same for calls with this timeout: one attempt has no more time than the call.
    [[nodiscard]] Retry within(Duration timeout) const {
        Retry copy = *this;
        if (copy.per_try_timeout) copy.per_try_timeout = std::min(*copy.per_try_timeout, timeout);
        return copy;
    }
    // What one kind of call may have for itself. The rest is for all that share a budget.
    template <class Self, class Visitor>
    static constexpr void describe_tries(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("attempts", self.attempts, "Attempts in all; 1: no retries.", between(1, 10));
        field("per_try_timeout", self.per_try_timeout,
              "The time of one attempt; unset: what is left of the timeout.", between(1ms, 1h));
        field("backoff", self.backoff, "The pauses between attempts, drawn at random up to a ceiling.");
    }
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        describe_tries(self, field);
        // Not as an optional: a file cannot do without by leaving an empty `budget:` behind.
        if (self.budget) field("budget", *self.budget, "Bounds all retries of this upstream together.");
        field("shadow", self.shadow, "Decide and count, but never act.");
    }
};

// Why no further attempt follows.
enum class Stop : std::uint8_t {
    not_needed,         // the attempt was a success
    not_retryable,      // another one would not help
    not_safe,           // it might help, but the call may not be made twice
    not_kept,           // it might help, but of what the call had sent not all is there any more
    attempts_spent,     // all attempts were made
    no_wish,            // only after a pause that the callee asks for, and it did not ask
    no_time,            // the deadline comes before the next attempt, or so soon after that it is useless
    callee_asks_longer, // for a pause that ends after the deadline, or of more than ten minutes
    budget_spent,       // the budget allows no more
    shadow,             // there would have been one, but the policy only looks on
};

[[nodiscard]] constexpr std::string_view to_string(Stop stop) noexcept {
    switch (stop) {
        case Stop::not_needed: return "not_needed";
        case Stop::not_retryable: return "not_retryable";
        case Stop::not_safe: return "not_safe";
        case Stop::not_kept: return "not_kept";
        case Stop::attempts_spent: return "attempts_spent";
        case Stop::no_wish: return "no_wish";
        case Stop::no_time: return "no_time";
        case Stop::callee_asks_longer: return "callee_asks_longer";
        case Stop::budget_spent: return "budget_spent";
        case Stop::shadow: return "shadow";
    }
    return "";
}

// An attempt that has ended, as its driver knows it.
struct EndedAttempt {
    std::uint32_t number = 1;       // the call's first attempt is 1
    Duration backoff = {};          // RetryPause::backoff() of the pause before it; zero before the first
    Assessment assessment = {};
    bool safe = false;              // the call may be made twice
    Instant deadline = never;       // of the whole call
    Duration least_useful = std::chrono::milliseconds{1};   // no attempt succeeds in less; whoever knows better says more
};

class Retrying;

// Another attempt may follow after this pause. It holds a token of the budget, which goes back unless the attempt
// begins. Move-only; may be ended on any thread; its Retrying must outlive it.
class [[nodiscard]] RetryPause {
public:
    [[nodiscard]] Duration length() const noexcept { return length_; }
    // Its own part, without what the callee asked for: for EndedAttempt::backoff of the next attempt.
    [[nodiscard]] Duration backoff() const noexcept { return backoff_; }
    // The attempt begins. Once.
    inline void start() noexcept;

private:
    friend class Retrying;
    RetryPause(Retrying& policy, Duration length, Duration backoff, std::optional<RetryBudget::Token> token) noexcept
        : policy_{&policy}, length_{length}, backoff_{backoff}, token_{std::move(token)} {}

    Retrying* policy_;
    Duration length_;
    Duration backoff_;
    std::optional<RetryBudget::Token> token_;   // nothing: there is no budget
};

// A pause, or why there is none.
class [[nodiscard]] RetryDecision {
public:
    RetryDecision(Stop stop) noexcept : state_{stop} {}                           // NOLINT: a Stop is a decision
    RetryDecision(RetryPause&& pause) noexcept : state_{std::move(pause)} {}      // NOLINT: a pause is a decision

    [[nodiscard]] explicit operator bool() const noexcept { return std::holds_alternative<RetryPause>(state_); }
    // Asking for the one that is not there is a programming error and aborts, as with Result.
    [[nodiscard]] RetryPause& operator*() noexcept {
        if (auto* pause = std::get_if<RetryPause>(&state_)) return *pause;
        std::abort();
    }
    [[nodiscard]] RetryPause* operator->() noexcept { return &**this; }
    [[nodiscard]] Stop stop() const noexcept {
        if (const auto* stop = std::get_if<Stop>(&state_)) return *stop;
        std::abort();
    }

private:
    std::variant<Stop, RetryPause> state_;
};

// Decides after each attempt whether another one follows, and after which pause. It makes no attempts itself.
//
//     retrying.record_call(now);
//     for (EndedAttempt ended{.safe = true, .deadline = deadline};; ++ended.number) {
//         ended.assessment = ...;   // make the attempt
//         RetryDecision next = retrying.before_next(ended, now, rng);
//         if (!next) return ...;    // next.stop() says why
//         ...;                      // wait for next->length()
//         next->start();
//         ended.backoff = next->backoff();
//     }
//
// No attempt follows that would have less than EndedAttempt::least_useful until the deadline. That need not be
// per_try_timeout: it bounds an attempt, and one with less time may succeed. To what the callee asked for (Retry-After)
// our own pause is added as far as the deadline allows, so that callers that were all told the same do not come back
// together.
//
// In shadow mode there is never a pause: where there would have been one it counts, and spends a token so that it
// counts no more than there would have been. (Only first retries, since no others come to pass.)
//
// Thread-safe, shared by all calls; nothing is allocated.
class Retrying {
public:
    // With a budget of its own, if the settings have one. Throws std::invalid_argument if they make no sense.
    explicit Retrying(const Retry& settings);
    // With this budget, which must outlive it; the one in the settings does not count.
    Retrying(const Retry& settings, RetryBudget& budget);
    Retrying(const Retrying&) = delete;
    Retrying& operator=(const Retrying&) = delete;

    // A call begins. Every call: retries are counted in proportion to them.
    void record_call(Instant now) noexcept {
        if (budget_) budget_->record_call(now);
    }

    [[nodiscard]] RetryDecision before_next(const EndedAttempt& ended, Instant now, Rng& rng) noexcept {
        if (ended.assessment.retry == Retryable::no)
            return ended.assessment.verdict == Verdict::success ? Stop::not_needed : Stop::not_retryable;
        return before_retry(ended, now, rng);
    }

    // In a few words: "all 3 attempts were made".
    [[nodiscard]] std::string explain(Stop stop) const;

    [[nodiscard]] const Retry& settings() const noexcept { return settings_; }
    [[nodiscard]] const RetryBudget* budget() const noexcept { return budget_; }   // null: there is none
    // Since the beginning, for metrics: how many retries began; how many would have (shadow).
    [[nodiscard]] std::uint64_t retried() const noexcept { return retried_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t would_have_retried() const noexcept {
        return would_have_retried_.load(std::memory_order_relaxed);
    }

private:
    friend class RetryPause;
    [[nodiscard]] RetryDecision before_retry(const EndedAttempt& ended, Instant now, Rng& rng) noexcept;
    [[nodiscard]] std::optional<Stop> obstacle(const EndedAttempt& ended) const noexcept;

    const Retry settings_;
    std::optional<RetryBudget> own_budget_;
    RetryBudget* const budget_;
    std::atomic<std::uint64_t> retried_{0};
    std::atomic<std::uint64_t> would_have_retried_{0};
};

inline void RetryPause::start() noexcept {
    if (token_) token_->spend();
    policy_->retried_.fetch_add(1, std::memory_order_relaxed);
}

}   // namespace outrigger::resilience
