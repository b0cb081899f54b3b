// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <outrigger/resilience/retry.hpp>

#include "sidecar/proxy/attempt.hpp"

namespace outrigger::proxy {

// The attempts of one exchange: each is settled with its endpoint, told to whoever observes, kept in the exchange's
// story, and followed by another one if the retries allow it. Decides; conduct() acts.
class Attempts {
public:
    explicit Attempts(Exchange& exchange) noexcept
        : exchange_{exchange}, policies_{exchange.limits().policies}, followed_{!policies_.only_limits()} {}

    // An endpoint is being picked for the next one.
    void prepare() noexcept {
        began_ = now();
        if (followed_) exchange_.begin_attempt();
    }
    // Whether it may have a connection that was used before. A tunnel is a connection of its own.
    [[nodiscard]] upstream::Cluster::Reuse reuse(const Attempt& attempt) const noexcept {
        return exchange_.tunnels ? upstream::Cluster::Reuse::never : attempt.reuse;
    }
    // Where to note whom it went to; null: nobody asks.
    [[nodiscard]] upstream::Tried* tried() noexcept { return followed_ ? &tried_ : nullptr; }
    // There was one: with this the attempt begins, and the pause before it is spent.
    void begin(const Attempt& attempt) noexcept {
        connected_ = now();
        if (followed_) count(attempt);
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

    // Whom the last one was at.
    [[nodiscard]] std::string_view endpoint(const upstream::Cluster& cluster) const noexcept {
        return followed_ && exchange_.story.size() ? exchange_.story[exchange_.story.size() - 1].endpoint
                                                   : cluster.endpoint();
    }

private:
    void count(const Attempt& attempt) noexcept;
    [[nodiscard]] std::optional<Duration> settle(const Attempt& attempt, Outcome& outcome) noexcept;
    [[nodiscard]] Instant now() const noexcept { return exchange_.worker().scheduler.now(); }
    [[nodiscard]] AttemptStory story_of(const Attempt& attempt, Outcome& outcome) const noexcept;
    [[nodiscard]] resilience::RetryDecision decide(const Attempt& attempt, const resilience::Assessment& assessment) noexcept;

    Exchange& exchange_;
    const CallPolicies& policies_;
    const bool followed_;   // by somebody who wants to know how they end
    upstream::Tried tried_;
    std::optional<resilience::RetryPause> pause_;   // with its token, until the attempt begins,
    resilience::RetryScheduled scheduled_{};        // and what will be told of it then
    Instant began_{};
    Instant connected_{};
};

}  // namespace outrigger::proxy
