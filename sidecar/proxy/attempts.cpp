// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/attempts.hpp"

#include <utility>

namespace outrigger::proxy {

using resilience::Assessment;
using resilience::RetryDecision;
using resilience::Stop;

void Attempts::count(const Attempt& attempt) noexcept {
    if (attempt.is_replay()) return;   // the same attempt, once more
    if (attempt.number == 1 && policies_.retrying) policies_.retrying->record_call(now());
    if (pause_) {
        pause_->start();
        pause_.reset();
        policies_.tell(scheduled_);
    }
    ++exchange_.story.attempts;
}

AttemptStory Attempts::story_of(const Attempt& attempt, Outcome& outcome) const noexcept {
    // Of a cluster with one endpoint the lease alone knows its name.
    const bool noted = tried_.endpoint() != upstream::EndpointId::none;
    const std::string_view endpoint = noted ? tried_.name() : outcome.lease().endpoint();
    return {.number = attempt.number,
            .endpoint = exchange_.arena().copy(endpoint),
            .choice = noted ? tried_.why() : upstream::Choice{},
            .reused = outcome.reached() && outcome.lease().reused(),
            .began = began_,
            .connecting = connected_ - began_,
            .took = now() - began_,
            .status = outcome.has_reply() ? exchange_.reply_head().status : 0,
            .fault = outcome.has_reply() ? Fault{} : outcome.fault()};
}

void Attempts::met_stale(const Attempt& attempt, Outcome& outcome) noexcept {
    AttemptStory story = story_of(attempt, outcome);
    story.stale = true;
    exchange_.story.add(story);
}

std::optional<Duration> Attempts::settle(const Attempt& attempt, Outcome& outcome) noexcept {
    exchange_.story.arrived = exchange_.arrived();
    const Assessment assessment = outcome.assess(exchange_);
    outcome.lease().settle(assessment.verdict, now());
    AttemptStory story = story_of(attempt, outcome);
    story.verdict = assessment.verdict;
    const auto reason = outcome.has_reply() ? std::nullopt : std::optional{outcome.fault().reason};
    policies_.tell(resilience::AttemptEnded{policies_.name, attempt.number, assessment.verdict, reason, story.took});

    RetryDecision next = decide(attempt, assessment);
    if (next) {
        story.pause = next->length();
        scheduled_ = {policies_.name, attempt.number + 1, story.pause, reason, story.status};
        pause_.emplace(std::move(*next));
    } else if (next.stop() != Stop::not_needed) {
        exchange_.story.stop = next.stop();
        if (assessment.retry != resilience::Retryable::no)
            policies_.tell(resilience::RetryAbandoned{policies_.name, attempt.number, next.stop()});
    }
    exchange_.story.add(story);
    return pause_ ? std::optional{pause_->length()} : std::nullopt;
}

RetryDecision Attempts::decide(const Attempt& attempt, const Assessment& assessment) noexcept {
    if (!policies_.retrying) return assessment.retry == resilience::Retryable::no ? Stop::not_needed : Stop::attempts_spent;
    const bool safe = safe_to_repeat(exchange_);
    const bool wanted = assessment.retry != resilience::Retryable::no;
    if (wanted && safe && !exchange_.replayable()) return Stop::not_kept;
    return policies_.retrying->before_next({.number = attempt.number,
                                            .backoff = attempt.backoff,
                                            .assessment = assessment,
                                            .safe = safe,
                                            .deadline = exchange_.call_deadline()},
                                           now(), exchange_.worker().rng);
}

}  // namespace outrigger::proxy
