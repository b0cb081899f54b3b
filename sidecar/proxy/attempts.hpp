// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <outrigger/resilience/breaker.hpp>
#include <outrigger/resilience/retry.hpp>

#include "sidecar/proxy/attempt.hpp"

namespace outrigger::proxy {

// The attempts of one exchange, between the breaker and the retries: each asks the circuit, settles its permit, is told
// to whoever observes and kept in the exchange's story. Decides; conduct() acts.
class Attempts {
public:
    explicit Attempts(Exchange& exchange) noexcept
        : exchange_{exchange}, policies_{exchange.limits().policies}, followed_{!policies_.only_limits()} {
        if (policies_.retrying) policies_.retrying->record_call(now());
    }

    // The attempt may be made, or the circuit's refusal. The pause before it has had its end: with this it begins.
    [[nodiscard]] Result<void> begin(const Attempt& attempt) noexcept {
        if (followed_) return ask(attempt);
        return {};
    }
    // It has met a connection that was being closed.
    void met_stale(const Attempt& attempt, Outcome& outcome) noexcept;
    // It is over: how long to wait before the next one; nothing: there is none.
    [[nodiscard]] std::optional<Duration> pause_after(const Attempt& attempt, Outcome& outcome) noexcept {
        if (followed_ || !outcome.has_reply()) return settle(attempt, outcome);
        return std::nullopt;
    }
    // The attempt that follows that pause.
    [[nodiscard]] Attempt following(const Attempt& attempt) const noexcept { return attempt.following(pause_->backoff()); }

    void connected() noexcept { connected_ = now(); }

private:
    [[nodiscard]] Result<void> ask(const Attempt& attempt) noexcept;
    [[nodiscard]] std::optional<Duration> settle(const Attempt& attempt, Outcome& outcome) noexcept;
    [[nodiscard]] Instant now() const noexcept { return exchange_.worker().scheduler.now(); }
    [[nodiscard]] AttemptStory story_of(const Attempt& attempt, Outcome& outcome) const noexcept;
    [[nodiscard]] resilience::RetryDecision decide(const Attempt& attempt, const resilience::Assessment& assessment) noexcept;

    Exchange& exchange_;
    const CallPolicies& policies_;
    const bool followed_;   // by somebody who wants to know how they end
    resilience::Permit permit_;
    std::optional<resilience::RetryPause> pause_;   // with its token, until the attempt begins
    Instant began_{};
    Instant connected_{};
};

}  // namespace outrigger::proxy
