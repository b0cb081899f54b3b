// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <outrigger/resilience/breaker.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/upstream/connector.hpp"
#include "sidecar/upstream/endpoint.hpp"
#include "sidecar/upstream/pool.hpp"

namespace outrigger::upstream {

class Cluster;

// An endpoint as one worker reaches it.
struct WorkerEndpoint {
    WorkerEndpoint(std::shared_ptr<Endpoint> shared, std::unique_ptr<Connector> its_connector, Scheduler& scheduler,
                   Pool::Settings settings)
        : endpoint{std::move(shared)}, connector{std::move(its_connector)}, pool{scheduler, settings} {}

    const std::shared_ptr<Endpoint> endpoint;   // null: the only one, and nobody counts its calls
    const std::unique_ptr<Connector> connector;
    const std::string_view name = connector->name();
    Pool pool;
    std::uint32_t calls = 0;   // of this worker, where somebody counts them
};

// What an attempt at a protected call holds besides its connection: a place among the endpoint's calls and the breaker's
// permit. Made and taken back by its cluster.
struct Stake {
    Cluster* cluster = nullptr;
    WorkerEndpoint* at = nullptr;
    resilience::Permit permit = {};
    Instant began = {};
    bool settled = false;
    bool succeeded = false;   // so far: the body may still be cut
    Stake* next_free = nullptr;
};
struct EndStake {
    void operator()(Stake* stake) const noexcept;
};
using StakeHandle = std::unique_ptr<Stake, EndStake>;

// The right to use one connection to one endpoint for one attempt. Dropped: the connection goes back to its pool if it
// can carry another exchange, else it is closed; an attempt that was not settled says nothing of its endpoint.
class Lease {
public:
    Lease() noexcept = default;
    Lease(std::unique_ptr<http1::HttpClientStream> stream, WorkerEndpoint& at, StakeHandle stake, bool reused) noexcept
        : stream_{std::move(stream)}, at_{&at}, stake_{stake.release()}, reused_{reused} {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept {
        if (this != &other) {
            end();
            stream_ = std::move(other.stream_);
            at_ = other.at_;
            stake_ = other.stake_;
            reused_ = other.reused_;
        }
        return *this;
    }
    ~Lease() { end(); }

    [[nodiscard]] http1::HttpClientStream& stream() const noexcept { return *stream_; }
    // Lives as long as the lease; where a cluster has one endpoint only, as long as the cluster.
    [[nodiscard]] std::string_view endpoint() const noexcept { return at_ ? at_->name : std::string_view{}; }
    // The connection has carried an exchange before: it may be stale.
    [[nodiscard]] bool reused() const noexcept { return reused_; }

    // How the attempt ended, once, when the reply's head is there or will not come: for the breaker, the endpoint's
    // standing and its latency. A success speaks for the endpoint only when the lease ends and its body was not cut: else
    // each head would make up for its own body. A connection that turned out to be stale is not settled. Without policies: nothing.
    void settle(resilience::Verdict verdict, Instant now) noexcept {
        if (stream_ && stake_) settle_stake(verdict, now);
    }
    // After a reply's head, its body did not come: that is one failure more.
    void body_was_cut(Instant now) noexcept {
        if (stream_ && stake_) count_cut(now);
    }

private:
    void end() noexcept {
        if (stream_) give_back();
    }
    void give_back() noexcept;
    void settle_stake(resilience::Verdict verdict, Instant now) noexcept;
    void count_cut(Instant now) noexcept;

    std::unique_ptr<http1::HttpClientStream> stream_;   // null: there is nothing to end, whatever the rest says
    WorkerEndpoint* at_ = nullptr;
    Stake* stake_ = nullptr;   // null: a cluster without policies
    bool reused_ = false;
};

}   // namespace outrigger::upstream
