// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/memory_spool.hpp>

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace outrigger::logging {
namespace {

// What a batch or a refused record takes besides its text: a node, the strings' headers, the allocator's rounding.
constexpr std::uint64_t overhead = 192;
constexpr std::uint64_t quarantine_share = 16;   // the sixteenth part

std::uint64_t size_of(const Batch& batch) noexcept { return batch.lines.size() + overhead; }
std::uint64_t size_of(const Quarantined& record) noexcept {
    return record.line.size() + record.detail.size() + overhead;
}

}   // namespace

MemorySpool::MemorySpool(Bytes max, std::string identity)
    : max_{max}, identity_{identity.empty() ? random_identity(Rng::from_system()) : std::move(identity)} {}

// Whatever allocates comes first, so that a failure changes nothing.
Result<void> MemorySpool::commit(const SpoolChange& change) noexcept {
    BySeverity copies;
    std::vector<std::list<Quarantined>> set_aside;
    try {
        std::int64_t id = last_id_;
        for (const Batch& batch : change.add) {
            Batch& copy = copies[static_cast<std::size_t>(batch.severity)][++id] = batch;
            copy.id = id;
            copy.accepted = change.now;
        }
        for (const Fate& fate : change.settle) set_aside.emplace_back(fate.quarantined.begin(), fate.quarantined.end());
        fault_.clear();
    } catch (const std::bad_alloc&) {
        fault_ = "out of memory";   // short enough to need none
        return Fault{.reason = Reason::overloaded, .detail = "the spool is out of memory"};
    }
    for (std::size_t i = 0; i < change.settle.size(); ++i) settle(change.settle[i], set_aside[i]);
    trim_quarantine();
    add(copies, change);
    return {};
}

void MemorySpool::settle(const Fate& fate, std::list<Quarantined>& set_aside) noexcept {
    for (Stored& stored : stored_) {
        const auto found = stored.find(fate.batch);
        if (found == stored.end()) continue;
        books_.settle(found->second.severity, found->second.records, fate.quarantined);
        for (const Quarantined& record : set_aside) quarantine_bytes_ += size_of(record);
        quarantine_.splice(quarantine_.end(), set_aside);
        stored_bytes_ -= size_of(found->second);
        stored.erase(found);
        return;
    }
}

// What matters more comes first, so that nothing has to make room for it again.
void MemorySpool::add(BySeverity& copies, const SpoolChange& change) noexcept {
    books_.tell(change.gaps_told);
    first_new_id_ = last_id_ + 1;
    bool all_high_stored = true;
    for (std::size_t i = severity_count; i-- > 0;) {
        while (!copies[i].empty()) {
            auto node = copies[i].extract(copies[i].begin());
            Batch& offered = change.add[static_cast<std::size_t>(node.key() - first_new_id_)];
            const bool stored = add(node.mapped(), change);
            offered.id = stored ? node.key() : 0;
            offered.accepted = change.now;
            if (stored) stored_[i].insert(std::move(node));
            if (!stored && offered.severity == Severity::high) all_high_stored = false;
        }
    }
    last_id_ += static_cast<std::int64_t>(change.add.size());
    if (!all_high_stored) books_.take_back(change.gaps_told);
}

// Whether there is room; without, the batch is lost.
bool MemorySpool::add(const Batch& batch, const SpoolChange& change) noexcept {
    books_.accept(batch.severity, batch.records);
    const bool room = make_room(size_of(batch), batch.severity, change);
    if (room)
        stored_bytes_ += size_of(batch);
    else
        books_.lose(Loss::evicted, batch.severity, batch.records, batch.accepted);
    return room;
}

bool MemorySpool::make_room(std::uint64_t bytes, Severity most, const SpoolChange& change) noexcept {
    const std::uint64_t room = max_.count() - max_.count() / quarantine_share;
    if (bytes > room) return false;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(most); ++i)
        while (stored_bytes_ + bytes > room && evict_one(stored_[i], change)) {}
    return stored_bytes_ + bytes <= room;
}

bool MemorySpool::evict_one(Stored& stored, const SpoolChange& change) noexcept {
    const auto oldest = std::find_if(stored.begin(), stored.end(),
                                     [&](const auto& entry) { return !change.pins(entry.first); });
    if (oldest == stored.end() || oldest->first >= first_new_id_) return false;
    const Batch& batch = oldest->second;
    books_.lose(Loss::evicted, batch.severity, batch.records, batch.accepted);
    stored_bytes_ -= size_of(batch);
    stored.erase(oldest);
    return true;
}

void MemorySpool::trim_quarantine() noexcept {
    while (quarantine_bytes_ > max_.count() / quarantine_share) {
        quarantine_bytes_ -= size_of(quarantine_.front());
        quarantine_.pop_front();
    }
}

Result<std::optional<Batch>> MemorySpool::next_after(std::int64_t id) noexcept {
    const Batch* next = nullptr;
    for (const Stored& stored : stored_)
        if (const auto found = stored.upper_bound(id); found != stored.end() && (!next || found->first < next->id))
            next = &found->second;
    if (!next) return std::optional<Batch>{};
    try {
        return std::optional<Batch>{*next};
    } catch (const std::bad_alloc&) {
        return Fault{.reason = Reason::overloaded, .detail = "no memory to read the spool"};
    }
}

SpoolState MemorySpool::state() const {
    SpoolState state{.used = Bytes{stored_bytes_ + quarantine_bytes_},
                     .max = max_,
                     .batches = books_.contents().batches,
                     .waiting = books_.contents().waiting,
                     .quarantine_kept = quarantine_.size(),
                     .fault = fault_};
    for (const Stored& stored : stored_)
        if (!stored.empty() && (!state.oldest || stored.begin()->second.accepted < *state.oldest))
            state.oldest = stored.begin()->second.accepted;
    return state;
}

}   // namespace outrigger::logging
