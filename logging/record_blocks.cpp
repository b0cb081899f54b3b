// SPDX-License-Identifier: Apache-2.0
#include "record_blocks.hpp"

#include <algorithm>
#include <new>
#include <sys/mman.h>

namespace outrigger::logging {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t least_blocks = 16;
constexpr std::size_t usual_blocks = 256;
constexpr std::size_t largest_block = 32 << 10;   // below what makes a fault of its memory long

std::size_t block_size(std::size_t capacity) noexcept {
    return std::clamp(capacity / usual_blocks / page * page, page, largest_block);
}

char* reserved(std::size_t bytes) {
    void* const memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    return static_cast<char*>(memory);
}

}   // namespace

RecordBlocks::RecordBlocks(std::size_t capacity)
    : block_bytes_{block_size(capacity)},
      count_{std::max(least_blocks, capacity / block_bytes_)},
      memory_{reserved(count_ * block_bytes_)} {
    try {
        warm_.reserve(count_);
        cold_.reserve(count_);
    } catch (...) {
        ::munmap(memory_, count_ * block_bytes_);
        throw;
    }
    for (std::size_t i = count_; i > 0; --i) cold_.push_back(static_cast<std::uint32_t>(i - 1));
}

RecordBlocks::~RecordBlocks() { ::munmap(memory_, count_ * block_bytes_); }

RecordBlocks::Taken RecordBlocks::take(std::size_t bytes, std::size_t limit) noexcept {
    const std::size_t units = units_for(bytes);
    std::uint32_t index = 0;
    bool much = false;
    {
        const std::scoped_lock lock{mutex_};
        if (in_use_ + units > std::min(limit, count_)) return {};
        if (units == 1 && warm_.empty() && cold_.empty()) return {};   // tidy() has the last one in its hands
        much = in_use_ < count_ / 8 && in_use_ + units >= count_ / 8;
        in_use_ += units;
        most_in_use_ = std::max(most_in_use_, in_use_);
        if (units == 1) {
            auto& from = warm_.empty() ? cold_ : warm_;
            index = from.back();
            from.pop_back();
        }
    }
    return {units == 1 ? at(index) : oversized(bytes, units), much};
}

RecordBlock* RecordBlocks::at(std::uint32_t index) noexcept {
    auto* const block = new (memory_ + std::size_t{index} * block_bytes_) RecordBlock;
    block->room = static_cast<std::uint32_t>(block_bytes_ - sizeof(RecordBlock));
    return block;
}

RecordBlock* RecordBlocks::oversized(std::size_t bytes, std::size_t units) noexcept {
    void* const memory = ::operator new(sizeof(RecordBlock) + bytes, std::nothrow);
    if (memory == nullptr) {
        const std::scoped_lock lock{mutex_};
        in_use_ -= units;
        return nullptr;
    }
    auto* const block = new (memory) RecordBlock;
    block->room = static_cast<std::uint32_t>(bytes);
    block->units = static_cast<std::uint32_t>(units);
    return block;
}

void RecordBlocks::give_back(RecordBlock& block) noexcept {
    const std::size_t units = block.units;
    const auto offset = static_cast<std::size_t>(reinterpret_cast<char*>(&block) - memory_);
    if (units > 1) ::operator delete(&block);
    const std::scoped_lock lock{mutex_};
    in_use_ -= units;
    if (units == 1) warm_.push_back(static_cast<std::uint32_t>(offset / block_bytes_));
}

// What the busiest of the last drains needed stays; an eighth of the rest goes with each drain.
void RecordBlocks::tidy() noexcept {
    std::unique_lock lock{mutex_};
    keep_ = std::max(most_in_use_, keep_ - (keep_ + 7) / 8);
    most_in_use_ = in_use_;
    while (!warm_.empty() && in_use_ + warm_.size() > keep_) {
        const std::uint32_t index = warm_.back();
        warm_.pop_back();
        lock.unlock();   // nobody waits for the system here
        ::madvise(memory_ + std::size_t{index} * block_bytes_, block_bytes_, MADV_DONTNEED);
        lock.lock();
        cold_.push_back(index);
    }
}

std::size_t RecordBlocks::in_use() const noexcept {
    const std::scoped_lock lock{mutex_};
    return in_use_;
}

}   // namespace outrigger::logging
