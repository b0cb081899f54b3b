// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <memory>
#include <string_view>
#include <utility>

#include <outrigger/core/task.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/http1/parser.hpp"
#include "sidecar/net/worker.hpp"
#include "sidecar/upstream/connector.hpp"
#include "sidecar/upstream/pool.hpp"

namespace outrigger::upstream {

// The right to use one connection to one endpoint for one attempt. Dropped: the connection goes back to its pool if it
// can carry another exchange, else it is closed.
class Lease {
public:
    Lease() noexcept = default;
    Lease(std::unique_ptr<http1::HttpClientStream> stream, Pool& pool, std::string_view endpoint, bool reused) noexcept
        : stream_{std::move(stream)}, pool_{&pool}, endpoint_{endpoint}, reused_{reused} {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept {
        if (this != &other) {
            give_back();
            stream_ = std::move(other.stream_);
            pool_ = other.pool_;
            endpoint_ = other.endpoint_;
            reused_ = other.reused_;
        }
        return *this;
    }
    ~Lease() { give_back(); }

    [[nodiscard]] http1::HttpClientStream& stream() const noexcept { return *stream_; }
    [[nodiscard]] std::string_view endpoint() const noexcept { return endpoint_; }
    // The connection has carried an exchange before: it may be stale.
    [[nodiscard]] bool reused() const noexcept { return reused_; }

private:
    void give_back() noexcept {
        if (auto stream = std::move(stream_))
            if (stream->reusable()) pool_->put(std::move(stream));
    }
    std::unique_ptr<http1::HttpClientStream> stream_;
    Pool* pool_ = nullptr;
    std::string_view endpoint_;
    bool reused_ = false;
};

// One upstream as one worker sees it: today a single endpoint and its pool. (Discovery, balancing, breaker and
// ejection join here; callers only ever pick().)
class Cluster {
public:
    Cluster(net::Worker& worker, std::unique_ptr<Connector> connector, const http1::HeadLimits& limits,
            Pool::Settings pool)
        : worker_{worker}, connector_{std::move(connector)}, limits_{limits}, pool_{worker.scheduler, pool} {}

    enum class Reuse : bool { allowed, never };
    class Picking;
    // To be awaited: Result<Lease>. Fault: what stopped the connection, or the wait's own. An idle connection costs no
    // suspension.
    [[nodiscard]] inline Picking pick(Reuse reuse, const Wait& wait) noexcept;
    [[nodiscard]] std::string_view endpoint() const noexcept { return connector_->name(); }

private:
    [[nodiscard]] Task<Result<Lease>> connect(Wait wait);

    net::Worker& worker_;
    std::unique_ptr<Connector> connector_;
    const http1::HeadLimits& limits_;
    Pool pool_;
};

class [[nodiscard]] Cluster::Picking {
public:
    Picking(Cluster& cluster, Reuse reuse, const Wait& wait) noexcept : cluster_{cluster}, reuse_{reuse}, wait_{wait} {}
    Picking(const Picking&) = delete;
    Picking& operator=(const Picking&) = delete;

    [[nodiscard]] bool await_ready();
    void await_suspend(std::coroutine_handle<> waiting) noexcept { connecting_.join().await_suspend(waiting); }
    [[nodiscard]] Result<Lease> await_resume() {
        if (idle_) return Lease{std::move(idle_), cluster_.pool_, cluster_.endpoint(), true};
        return connecting_.take();
    }

private:
    Cluster& cluster_;
    Reuse reuse_;
    Wait wait_;
    std::unique_ptr<http1::HttpClientStream> idle_;
    Child<Result<Lease>> connecting_;
};

inline Cluster::Picking Cluster::pick(Reuse reuse, const Wait& wait) noexcept { return Picking{*this, reuse, wait}; }

}  // namespace outrigger::upstream
