// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/retry.hpp>

#include <outrigger/core/validate.hpp>
#include <outrigger/resilience/timeout.hpp>

namespace outrigger::resilience {
namespace {

// Whoever asks for a longer pause than this wants no further attempt, but another call.
constexpr Duration longest_wish = std::chrono::minutes{10};

}   // namespace

Retrying::Retrying(const Retry& settings)
    : settings_{checked(settings)}, budget_{settings.budget ? &own_budget_.emplace(*settings.budget) : nullptr} {}

Retrying::Retrying(const Retry& settings, RetryBudget& budget) : settings_{checked(settings)}, budget_{&budget} {}

// What stands in the way whatever the time and the budget.
std::optional<Stop> Retrying::obstacle(const EndedAttempt& ended) const noexcept {
    const Retryable retry = ended.assessment.retry;
    if (!ended.safe && retry != Retryable::always) return Stop::not_safe;
    if (ended.number >= settings_.attempts) return Stop::attempts_spent;
    if (retry == Retryable::if_told && !ended.assessment.retry_after) return Stop::no_wish;
    return std::nullopt;
}

// The token comes last, so that none is taken in vain.
RetryDecision Retrying::before_retry(const EndedAttempt& ended, Instant now, Rng& rng) noexcept {
    if (const auto stop = obstacle(ended)) return *stop;

    const bool told = ended.assessment.retry_after.has_value();
    const Duration wish = std::max(ended.assessment.retry_after.value_or(Duration::zero()), Duration::zero());
    const Duration left = Deadline{ended.deadline}.left(now);
    if (wish > std::min(left, longest_wish)) return Stop::callee_asks_longer;
    if (ended.least_useful > left - wish) return wish > Duration::zero() ? Stop::callee_asks_longer : Stop::no_time;
    const Duration spare = left - wish - std::max(ended.least_useful, Duration::zero());
    Duration own = pause(settings_.backoff, ended.number, ended.backoff, rng);
    if (own > spare && !told) return Stop::no_time;
    own = std::min(own, spare);

    std::optional<RetryBudget::Token> token;
    if (budget_ && !(token = budget_->take(now))) return Stop::budget_spent;
    if (!settings_.shadow) return RetryPause{*this, wish + own, own, std::move(token)};
    if (token) token->spend();
    would_have_retried_.fetch_add(1, std::memory_order_relaxed);
    return Stop::shadow;
}

std::string Retrying::explain(Stop stop) const {
    switch (stop) {
        case Stop::not_needed: return "no further attempt was needed";
        case Stop::not_retryable: return "another attempt would not have helped";
        case Stop::not_safe: return "the call may not be made twice";
        case Stop::not_kept: return "its body was too large to be kept for another attempt";
        case Stop::attempts_spent:
            return settings_.attempts == 1 ? "only one attempt is allowed"
                                           : "all " + std::to_string(settings_.attempts) + " attempts were made";
        case Stop::no_wish: return "the callee asked for a slower pace and did not say when to come back";
        case Stop::no_time: return "too little time was left for another attempt";
        case Stop::callee_asks_longer: return "the callee asked for a longer pause than there was time left";
        case Stop::budget_spent: return budget_ ? budget_->explain() : std::string{};
        case Stop::shadow: return "retries are in shadow mode";
    }
    return {};
}

}   // namespace outrigger::resilience
