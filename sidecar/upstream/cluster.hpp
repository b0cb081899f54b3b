// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <outrigger/core/task.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/http1/parser.hpp"
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
    Cluster(Scheduler& scheduler, std::unique_ptr<Connector> connector, const http1::HeadLimits& limits,
            Pool::Settings pool)
        : connector_{std::move(connector)}, limits_{limits}, pool_{scheduler, pool} {}

    enum class Reuse : bool { allowed, never };
    // Fault: what stopped the connection, or the wait's own.
    [[nodiscard]] Task<Result<Lease>> pick(Reuse reuse, Wait wait);
    [[nodiscard]] std::string_view endpoint() const noexcept { return connector_->name(); }

private:
    std::unique_ptr<Connector> connector_;
    const http1::HeadLimits& limits_;
    Pool pool_;
};

}  // namespace outrigger::upstream
