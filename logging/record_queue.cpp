// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/record_queue.hpp>
#include "record_blocks.hpp"
#include "thread_part.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <utility>

namespace outrigger::logging {
namespace {

constexpr Bytes least_capacity{64 << 10};

struct Chain {
    RecordBlock* first = nullptr;
    RecordBlock* last = nullptr;

    void add(RecordBlock& block) noexcept {
        (last == nullptr ? first : last->next) = &block;
        last = &block;
    }
};

struct alignas(64) Part {   // cache lines of its own for each lock
    mutable std::mutex mutex;
    std::array<Chain, severity_count> chains{};   // under mutex, like all that follows
    std::array<std::uint64_t, severity_count> refused{};
    std::uint64_t pushed = 0;
};

}   // namespace

class RecordQueue::Parts {
public:
    explicit Parts(std::size_t capacity) : blocks_{capacity} {}
    ~Parts() {
        for (Part& part : parts_)
            for (Chain& chain : part.chains) release(chain.first);
    }

    [[nodiscard]] Pushed push(std::string_view record, Severity severity) noexcept {
        Part& part = parts_[thread_part()];
        bool much = false;
        {
            const std::scoped_lock lock{part.mutex};
            Chain& chain = part.chains[static_cast<std::size_t>(severity)];
            if (chain.last == nullptr || !chain.last->fits(record.size())) {
                const auto taken = blocks_.take(record.size(), limit(severity));
                if (taken.block == nullptr) {
                    ++part.refused[static_cast<std::size_t>(severity)];
                    return Pushed::full;
                }
                chain.add(*taken.block);
                much = taken.much;
            }
            RecordBlock& block = *chain.last;
            std::memcpy(block.text() + block.size, record.data(), record.size());
            block.size += static_cast<std::uint32_t>(record.size());
            ++block.records;
            ++part.pushed;
        }
        // Relaxed: if drain() has passed this part since, its lock says that waiting_ was cleared before; if it has not,
        // it will find the record.
        if (!waiting_.load(std::memory_order_relaxed) && !waiting_.exchange(true)) return Pushed::first;
        return much ? Pushed::much : Pushed::taken;
    }

    std::uint64_t drain(void (*take)(void*, const Lines&), void* with) {
        waiting_.store(false);   // before any part is looked into: see push()
        std::uint64_t records = 0;
        for (const Severity severity : {Severity::high, Severity::normal, Severity::low})
            for (Part& part : parts_) records += hand_over(detach(part, severity), severity, take, with);
        blocks_.tidy();
        return records;
    }

    [[nodiscard]] bool has_room(std::size_t bytes, Severity severity) const noexcept {
        const Part& part = parts_[thread_part()];
        const std::scoped_lock lock{part.mutex};
        const RecordBlock* const last = part.chains[static_cast<std::size_t>(severity)].last;
        return (last != nullptr && last->fits(bytes)) || blocks_.in_use() + blocks_.units_for(bytes) <= limit(severity);
    }

    [[nodiscard]] std::uint64_t in_hand() const noexcept {
        const std::uint64_t drained = drained_.load();   // first, so that it is never the larger one
        std::uint64_t pushed = 0;
        for (const Part& part : parts_) {
            const std::scoped_lock lock{part.mutex};
            pushed += part.pushed;
        }
        return pushed - drained;
    }

    [[nodiscard]] std::uint64_t refused(Severity severity) const noexcept {
        std::uint64_t sum = 0;
        for (const Part& part : parts_) {
            const std::scoped_lock lock{part.mutex};
            sum += part.refused[static_cast<std::size_t>(severity)];
        }
        return sum;
    }

    [[nodiscard]] Bytes in_use() const noexcept { return Bytes{blocks_.in_use() * blocks_.unit_bytes()}; }

private:
    // Units that may be in use once a record of this severity has been taken.
    [[nodiscard]] std::size_t limit(Severity severity) const noexcept {
        const std::size_t all = blocks_.units();
        switch (severity) {
            case Severity::low: return all / 2;
            case Severity::normal: return all - all / 4;
            case Severity::high: break;
        }
        return all;
    }

    [[nodiscard]] static RecordBlock* detach(Part& part, Severity severity) noexcept {
        const std::scoped_lock lock{part.mutex};
        return std::exchange(part.chains[static_cast<std::size_t>(severity)], Chain{}).first;
    }

    // The blocks go back to the stock whatever `take` does.
    std::uint64_t hand_over(RecordBlock* block, Severity severity, void (*take)(void*, const Lines&), void* with) {
        struct Rest {
            Parts& owner;
            RecordBlock* block;
            ~Rest() { owner.drained_ += owner.release(block); }
        } rest{*this, block};
        std::uint64_t records = 0;
        while (rest.block != nullptr) {
            RecordBlock& now = *rest.block;
            take(with, {severity, now.records, {now.text(), now.size}});
            records += now.records;
            drained_ += now.records;
            rest.block = now.next;
            blocks_.give_back(now);
        }
        return records;
    }

    std::uint64_t release(RecordBlock* block) noexcept {
        std::uint64_t records = 0;
        while (block != nullptr) {
            records += block->records;
            blocks_.give_back(*std::exchange(block, block->next));
        }
        return records;
    }

    RecordBlocks blocks_;
    std::array<Part, thread_parts> parts_;
    alignas(64) std::atomic<bool> waiting_{false};   // something has been pushed since the last drain() began
    alignas(64) std::atomic<std::uint64_t> drained_{0};
};

RecordQueue::RecordQueue(Settings settings)
    : parts_{std::make_unique<Parts>(std::max(settings.capacity, least_capacity).count())} {}
RecordQueue::~RecordQueue() = default;

RecordQueue::Pushed RecordQueue::push(std::string_view record, Severity severity) noexcept {
    return parts_->push(record, severity);
}
std::uint64_t RecordQueue::drain(void (*take)(void*, const Lines&), void* with) { return parts_->drain(take, with); }
bool RecordQueue::has_room(std::size_t bytes, Severity severity) const noexcept {
    return parts_->has_room(bytes, severity);
}
std::uint64_t RecordQueue::in_hand() const noexcept { return parts_->in_hand(); }
std::uint64_t RecordQueue::refused(Severity severity) const noexcept { return parts_->refused(severity); }
Bytes RecordQueue::in_use() const noexcept { return parts_->in_use(); }

}   // namespace outrigger::logging
