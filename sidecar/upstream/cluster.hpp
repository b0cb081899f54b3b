// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <outrigger/core/task.hpp>

#include "sidecar/http1/parser.hpp"
#include "sidecar/net/worker.hpp"
#include "sidecar/upstream/balancer.hpp"
#include "sidecar/upstream/lease.hpp"
#include "sidecar/upstream/upstream.hpp"

namespace outrigger::upstream {

// Whom the last attempt of a call was given, and why: for its explanation, and so that the next attempt
// goes elsewhere. Whoever conducts the call keeps one.
class Tried {
public:
    [[nodiscard]] EndpointId endpoint() const noexcept { return endpoint_; }   // none: no attempt got that far
    [[nodiscard]] std::string_view name() const noexcept { return {name_.data(), name_size_}; }
    // Of an endpoint that there is.
    [[nodiscard]] const Choice& why() const noexcept { return why_; }

    void note(const Endpoint& endpoint, const Choice& why) noexcept {
        endpoint_ = endpoint.id();
        name_size_ = std::min(endpoint.name().size(), name_.size());
        std::copy_n(endpoint.name().data(), name_size_, name_.data());
        why_ = why;
    }

private:
    EndpointId endpoint_ = EndpointId::none;
    std::size_t name_size_ = 0;
    Choice why_;                  // this and the name: not before they are noted
    std::array<char, 56> name_;   // a copy: the endpoint may be gone when somebody asks. "[IPv6]:port" has 53 at most
};

// One upstream as one worker sees it. Either a single endpoint without policies, or what an Upstream says: many
// endpoints, that change, with breaker, ejection and balancing. Callers only ever pick().
// Bound to its worker's thread. It must outlive its leases and the waits for them.
class Cluster {
public:
    Cluster(net::Worker& worker, std::unique_ptr<Connector> connector, const http1::HeadLimits& limits,
            Pool::Settings pool);

    struct Settings {
        Pool::Settings pool;   // for each endpoint
    };
    // How an endpoint is reached.
    using Dial = std::function<std::unique_ptr<Connector>(const Endpoint&)>;
    // Until the first update() picks wait.
    Cluster(net::Worker& worker, Upstream& upstream, Dial dial, const http1::HeadLimits& limits, const Settings& settings);
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    // From now on these are the endpoints. Calls on those that are no more run to their end; their idle connections are
    // closed.
    void update(std::shared_ptr<const EndpointList> endpoints);

    enum class Reuse : bool { allowed, never };
    class Picking;
    // To be awaited: Result<Lease>. Fault: circuit_open, no_endpoints, dns_failed; what stopped the connection, which
    // has been settled; or the wait's own. An idle connection costs no suspension. `tried`, if any, must live until then.
    [[nodiscard]] inline Picking pick(Reuse reuse, const Wait& wait, Tried* tried = nullptr) noexcept;
    // The only endpoint, or the upstream.
    [[nodiscard]] std::string_view endpoint() const noexcept { return upstream_ ? upstream_->name() : only_->name; }

private:
    friend class Lease;
    friend struct EndStake;

    [[nodiscard]] static Task<Result<Lease>> refused(Fault fault);
    [[nodiscard]] Task<Result<Lease>> pick_once_known(Reuse reuse, Wait wait, Tried* tried);
    [[nodiscard]] Task<Result<Lease>> connect(WorkerEndpoint& at, StakeHandle stake, Wait wait);
    [[nodiscard]] Result<StakeHandle> choose(Tried* tried);
    [[nodiscard]] StakeHandle stake(WorkerEndpoint& at, resilience::Permit permit, Instant now);
    void settle(Stake& stake, resilience::Verdict verdict, Instant now) noexcept;
    void end(Stake& stake) noexcept;
    void refresh_candidates(Instant now);
    void forget_those_gone() noexcept;
    [[nodiscard]] Instant now() const noexcept { return worker_.scheduler.now(); }

    net::Worker& worker_;
    const http1::HeadLimits& limits_;
    const Settings settings_;
    Upstream* const upstream_ = nullptr;   // null: one endpoint, no policies
    const Dial dial_;
    std::deque<Stake> stakes_;   // as many as there ever were at once; before those who may still hold one
    Stake* free_stake_ = nullptr;
    std::shared_ptr<const EndpointList> list_;                  // null: not known yet
    std::vector<std::unique_ptr<WorkerEndpoint>> endpoints_;    // in the list's order
    std::vector<std::unique_ptr<WorkerEndpoint>> gone_;         // no endpoints any more; calls may run on them
    WorkerEndpoint* const only_ = nullptr;
    Candidates candidates_;
    std::uint32_t seen_generation_ = 0;   // of ejections
    bool stale_candidates_ = true;
    Balancer balancer_;
    std::vector<Gate*> waiting_;   // for the first list
};

class [[nodiscard]] Cluster::Picking {
public:
    Picking(Cluster& cluster, Reuse reuse, const Wait& wait, Tried* tried) noexcept
        : cluster_{cluster}, reuse_{reuse}, wait_{wait}, tried_{tried}, at_{cluster.only_} {}
    Picking(const Picking&) = delete;
    Picking& operator=(const Picking&) = delete;

    [[nodiscard]] bool await_ready();
    void await_suspend(std::coroutine_handle<> waiting) noexcept { connecting_.join().await_suspend(waiting); }
    [[nodiscard]] Result<Lease> await_resume() {
        if (idle_) return Lease{std::move(idle_), *at_, std::move(stake_), true};
        return connecting_.take();
    }

private:
    [[nodiscard]] bool choose();

    Cluster& cluster_;
    const Reuse reuse_;
    const Wait wait_;
    Tried* const tried_;
    WorkerEndpoint* at_;
    StakeHandle stake_;
    std::unique_ptr<http1::HttpClientStream> idle_;
    Child<Result<Lease>> connecting_;   // or what else takes longer than taking an idle one
};

inline Cluster::Picking Cluster::pick(Reuse reuse, const Wait& wait, Tried* tried) noexcept {
    return Picking{*this, reuse, wait, tried};
}

}   // namespace outrigger::upstream
