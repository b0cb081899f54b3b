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
    entry.since = scheduler_.now();
    const std::optional<Duration> promise = entry.connection->idle_promise();
    if ((promise && limit_.promised(*promise)) || idle_.size() == 1) arm_expiry();
    entry.connection->watch_peer(&entry);
}

void Pool::close() noexcept {
    settings_.idle_max = 0;
    idle_.clear();
    scheduler_.timers().disarm(expiry_);
}

void Pool::Idle::peer_closed() noexcept {
    closed = true;
    const Instant now = pool.scheduler_.now();
    pool.limit_.closed(now - since, now);
    // Not here and now: a stream must not be destroyed from its own dispatch.
    pool.scheduler_.timers().arm(pool.expiry_, now);
}

void Pool::reap() noexcept {
    const Instant now = scheduler_.now();
    const Duration limit = limit_.at(now);
    for (auto entry = idle_.begin(); entry != idle_.end();) {
        if (entry->closed || after(entry->since, limit) <= now)
            entry = idle_.erase(entry);
        else
            ++entry;
    }
    arm_expiry();
}

void Pool::arm_expiry() {
    if (idle_.empty()) return;
    const Idle& oldest = idle_.front();
    scheduler_.timers().arm(expiry_, after(oldest.since, limit_.at(scheduler_.now())));
}

}  // namespace outrigger::upstream
