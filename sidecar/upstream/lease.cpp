// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/lease.hpp"

#include "sidecar/upstream/cluster.hpp"

namespace outrigger::upstream {

void EndStake::operator()(Stake* stake) const noexcept { stake->cluster->end(*stake); }

void Lease::give_back() noexcept {
    if (auto stream = std::move(stream_); stream->reusable()) at_->pool.put(std::move(stream));
    if (stake_) EndStake{}(stake_);   // after the connection: then the endpoint may go
}

void Lease::settle_stake(resilience::Verdict verdict, Instant now) noexcept {
    stake_->cluster->settle(*stake_, verdict, now);
}

void Lease::count_cut(Instant now) noexcept {
    Cluster& cluster = *stake_->cluster;
    resilience::CircuitBreaker* const breaker = cluster.upstream_->breaker();
    // Only where calls are counted: a half-open circuit's probes are for calls.
    if (breaker && breaker->state() == resilience::CircuitState::closed) {
        Result<resilience::Permit> extra = breaker->try_acquire(now, cluster.worker_.rng);
        if (extra) extra->settle(resilience::Verdict::failure, now, cluster.worker_.rng);
    }
    stake_->succeeded = false;
    // How long the body ran before says nothing of how soon the endpoint answers.
    cluster.upstream_->settle(*stake_->at->endpoint, resilience::Verdict::failure, Duration::zero(), now);
}

}   // namespace outrigger::upstream
