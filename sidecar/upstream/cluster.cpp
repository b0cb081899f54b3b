// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/cluster.hpp"

#include <algorithm>

#include <outrigger/resilience/verdict.hpp>

#include "sidecar/http1/client_stream.hpp"

namespace outrigger::upstream {

Cluster::Cluster(net::Worker& worker, std::unique_ptr<Connector> connector, const http1::HeadLimits& limits,
                 Pool::Settings pool)
    : worker_{worker},
      limits_{limits},
      settings_{pool},
      only_{endpoints_
                .emplace_back(std::make_unique<WorkerEndpoint>(nullptr, std::move(connector), worker.scheduler, pool))
                .get()},
      balancer_{config::BalanceMethod::round_robin, 0} {}

Cluster::Cluster(net::Worker& worker, Upstream& upstream, Dial dial, const http1::HeadLimits& limits,
                 const Settings& settings)
    : worker_{worker},
      limits_{limits},
      settings_{settings},
      upstream_{&upstream},
      dial_{std::move(dial)},
      balancer_{upstream.settings().balance, worker.rng.below(1024)} {}

void Cluster::update(std::shared_ptr<const EndpointList> endpoints) {
    std::vector<std::unique_ptr<WorkerEndpoint>> next;
    next.reserve(endpoints->all.size());
    for (const std::shared_ptr<Endpoint>& endpoint : endpoints->all) {
        const auto known = std::find_if(endpoints_.begin(), endpoints_.end(),
                                        [&](const auto& one) { return one && one->endpoint == endpoint; });
        if (known != endpoints_.end())
            next.push_back(std::move(*known));
        else
            next.push_back(std::make_unique<WorkerEndpoint>(endpoint, dial_(*endpoint), worker_.scheduler, settings_.pool));
    }
    for (std::unique_ptr<WorkerEndpoint>& left : endpoints_) {
        if (!left) continue;
        left->pool.close();
        gone_.push_back(std::move(left));
    }
    endpoints_ = std::move(next);
    list_ = std::move(endpoints);
    stale_candidates_ = true;
    forget_those_gone();
    for (Gate* waiting : waiting_) waiting->open();
}

void Cluster::forget_those_gone() noexcept {
    std::erase_if(gone_, [](const auto& endpoint) { return endpoint->calls == 0; });
}

void Cluster::refresh_candidates(Instant now) {
    const std::uint32_t generation = upstream_->outlier().generation();   // before looking at who is ejected
    if (!stale_candidates_ && generation == seen_generation_ && now < candidates_.good_until()) return;
    const Upstream::Settings& settings = upstream_->settings();
    candidates_.refresh(*list_, {upstream_->outlier().heeded(), settings.outlier.panic, settings.slow_start}, now);
    seen_generation_ = generation;
    stale_candidates_ = false;
}

Result<StakeHandle> Cluster::choose(Tried* tried) {
    if (!gone_.empty()) forget_those_gone();
    if (list_->all.empty()) return list_->why_none;
    const Instant now = this->now();
    resilience::Permit permit;
    if (resilience::CircuitBreaker* breaker = upstream_->breaker()) {
        Result<resilience::Permit> asked = breaker->try_acquire(now, worker_.rng);
        if (!asked) return asked.error();
        permit = std::move(*asked);
    }
    refresh_candidates(now);
    if (candidates_.all().empty()) return upstream_->all_ejected(candidates_.good_until() - now);
    if (candidates_.panic()) upstream_->count_panic();
    const EndpointId before = tried ? tried->endpoint() : EndpointId::none;
    Choice why;
    WorkerEndpoint& at = *endpoints_[balancer_.pick(candidates_, before, now, worker_.rng, why).place];
    if (tried) tried->note(*at.endpoint, why);
    return stake(at, std::move(permit), now);
}

StakeHandle Cluster::stake(WorkerEndpoint& at, resilience::Permit permit, Instant now) {
    Stake* const made = free_stake_ ? std::exchange(free_stake_, free_stake_->next_free) : &stakes_.emplace_back();
    made->cluster = this;
    made->at = &at;
    made->permit = std::move(permit);
    made->began = now;
    made->settled = false;
    made->succeeded = false;
    ++at.calls;
    at.endpoint->begin_call();
    return StakeHandle{made};
}

void Cluster::settle(Stake& stake, resilience::Verdict verdict, Instant now) noexcept {
    if (std::exchange(stake.settled, true)) return;
    stake.permit.settle(verdict, now, worker_.rng);
    stake.succeeded = verdict == resilience::Verdict::success;
    upstream_->settle(*stake.at->endpoint, verdict, now - stake.began, now);
}

void Cluster::end(Stake& stake) noexcept {
    stake.permit = {};
    if (stake.succeeded) upstream_->succeeded(*stake.at->endpoint);
    stake.at->endpoint->end_call();
    --stake.at->calls;
    stake.next_free = std::exchange(free_stake_, &stake);
}

bool Cluster::Picking::await_ready() {
    // A caller who has left is not worth a connection.
    if (const Fault* gone = wait_.cancel ? wait_.cancel->requested() : nullptr)
        connecting_.start(refused(*gone));
    else if (at_ || choose())
        if (reuse_ == Reuse::never || !(idle_ = at_->pool.take()))
            connecting_.start(cluster_.connect(*at_, std::move(stake_), wait_));
    return !connecting_.running();
}

// False: there is nothing to be taken now.
bool Cluster::Picking::choose() {
    if (!cluster_.list_) return connecting_.start(cluster_.pick_once_known(reuse_, wait_, tried_)), false;
    Result<StakeHandle> chosen = cluster_.choose(tried_);
    if (!chosen) return connecting_.start(refused(chosen.error())), false;
    stake_ = std::move(*chosen);
    at_ = stake_->at;
    return true;
}

Task<Result<Lease>> Cluster::refused(Fault fault) { co_return fault; }

Task<Result<Lease>> Cluster::pick_once_known(Reuse reuse, Wait wait, Tried* tried) {
    Gate known{worker_.scheduler};
    waiting_.push_back(&known);
    Result<void> waited = co_await known.wait(wait);
    std::erase(waiting_, &known);
    if (!waited && waited.error().reason == wait.expiry)
        co_return Fault{Reason::dns_failed, "the name could not be resolved in time"};
    if (!waited) co_return waited.error();

    Result<StakeHandle> chosen = choose(tried);
    if (!chosen) co_return chosen.error();
    WorkerEndpoint& at = *(*chosen)->at;
    if (reuse == Reuse::allowed)   // others waited too, and one of them may be through already
        if (auto idle = at.pool.take()) co_return Lease{std::move(idle), at, std::move(*chosen), true};
    Result<Lease> lease = co_await connect(at, std::move(*chosen), wait);
    co_return std::move(lease);
}

Task<Result<Lease>> Cluster::connect(WorkerEndpoint& at, StakeHandle stake, Wait wait) {
    const Instant limit = upstream_ ? after(now(), upstream_->settings().connect_timeout) : never;
    Result<std::unique_ptr<net::Stream>> connected =
        co_await at.connector->connect(wait.until(limit, Reason::connect_failed));
    if (!connected) {
        Fault fault = connected.error();
        if (fault.reason == Reason::connect_failed && now() >= limit) fault = upstream_->slow_connect();
        if (stake) settle(*stake, resilience::assess(fault).verdict, now());
        co_return fault;
    }
    auto stream = std::make_unique<http1::ClientStream>(std::move(*connected), worker_.pages, limits_);
    co_return Lease{std::move(stream), at, std::move(stake), false};
}

}   // namespace outrigger::upstream
