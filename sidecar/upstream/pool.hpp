// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <memory>

#include <outrigger/core/scheduler.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/upstream/idle_limit.hpp"

namespace outrigger::upstream {

// Idle connections to one endpoint, of one worker; the one used last is taken first, so that what a burst needed
// ages and goes. A connection that its peer closes leaves at once; one that has sent without being asked is not taken.
// It learns how long the endpoint keeps idle connections, and closes them before the endpoint does: see IdleLimit.
class Pool {
public:
    struct Settings {
        std::size_t idle_max = 256;         // more are closed
        Duration idle_for{};                // an idle connection is closed after this, or earlier
    };
    Pool(Scheduler& scheduler, Settings settings) noexcept : scheduler_{scheduler}, settings_{settings} {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool();

    // Null: none is idle.
    [[nodiscard]] std::unique_ptr<http1::HttpClientStream> take();
    // Only a connection that is reusable().
    void put(std::unique_ptr<http1::HttpClientStream> connection);
    [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
    // The endpoint is no more: what is idle is closed, and what comes back later too.
    void close() noexcept;

private:
    struct Idle final : net::PeerWatch {
        explicit Idle(Pool& owner) noexcept : pool{owner} {}
        void peer_closed() noexcept override;
        Pool& pool;
        std::unique_ptr<http1::HttpClientStream> connection;
        Instant since{};
        bool closed = false;
    };
    struct Expiry final : TimerEntry {
        explicit Expiry(Pool& owner) noexcept
            : TimerEntry{[](TimerEntry& self) noexcept { static_cast<Expiry&>(self).pool.reap(); }}, pool{owner} {}
        Pool& pool;
    };
    // Drops what is closed or has been idle for too long.
    void reap() noexcept;
    void arm_expiry();

    Scheduler& scheduler_;
    Settings settings_;
    IdleLimit limit_{settings_.idle_for};
    std::list<Idle> idle_;   // the longest idle first
    std::list<Idle> spare_;  // nodes without a connection, so that coming and going allocates nothing
    Expiry expiry_{*this};
};

}  // namespace outrigger::upstream
