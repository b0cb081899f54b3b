// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/pool.hpp"

#include <iterator>
#include <utility>

namespace outrigger::upstream {

Pool::~Pool() { scheduler_.timers().forget(expiry_); }

std::unique_ptr<http1::HttpClientStream> Pool::take() {
    while (!idle_.empty()) {
        const auto newest = std::prev(idle_.end());
        auto connection = std::move(newest->connection);
        const bool usable = !newest->closed && !connection->readable().is_open();
        connection->watch_peer(nullptr);
        spare_.splice(spare_.end(), idle_, newest);
        if (usable) return connection;
    }
    return nullptr;
}

void Pool::put(std::unique_ptr<http1::HttpClientStream> connection) {
    if (settings_.idle_max == 0) return;
    if (idle_.size() == settings_.idle_max) idle_.pop_front();
    if (spare_.empty()) spare_.emplace_back(*this);
    idle_.splice(idle_.end(), spare_, spare_.begin());
    Idle& entry = idle_.back();
    entry.connection = std::move(connection);
    entry.closed = false;
    entry.expires = after(scheduler_.now(), settings_.idle_for);
    if (idle_.size() == 1) scheduler_.timers().arm(expiry_, entry.expires);
    entry.connection->watch_peer(&entry);
}

void Pool::Idle::peer_closed() noexcept {
    closed = true;
    // Not here and now: a stream must not be destroyed from its own dispatch.
    pool.scheduler_.timers().arm(pool.expiry_, pool.scheduler_.now());
}

void Pool::reap() noexcept {
    const Instant now = scheduler_.now();
    for (auto entry = idle_.begin(); entry != idle_.end();) {
        if (entry->closed || entry->expires <= now)
            entry = idle_.erase(entry);
        else
            ++entry;
    }
    if (!idle_.empty()) scheduler_.timers().arm(expiry_, idle_.front().expires);
}

}  // namespace outrigger::upstream
