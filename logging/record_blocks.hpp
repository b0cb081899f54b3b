// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace outrigger::logging {

// A piece of memory for records, which follow the struct itself.
struct RecordBlock {
    RecordBlock* next = nullptr;   // in whatever chain it is part of
    std::uint32_t room = 0;        // bytes for text
    std::uint32_t size = 0;        // of them used
    std::uint32_t records = 0;
    std::uint32_t units = 1;       // how many blocks it counts as; more than one: it lies outside the mapping

    [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
    [[nodiscard]] bool fits(std::size_t bytes) const noexcept { return room - size >= bytes; }
};

// A bounded stock of blocks. Their memory is reserved as addresses at once, touched when a block is first taken, and
// given back to the system when it has not been needed for a while. Thread-safe, but for tidy().
class RecordBlocks {
public:
    // `capacity` is rounded to whole blocks. Throws std::bad_alloc.
    explicit RecordBlocks(std::size_t capacity);
    ~RecordBlocks();
    RecordBlocks(const RecordBlocks&) = delete;
    RecordBlocks& operator=(const RecordBlocks&) = delete;

    struct Taken {
        RecordBlock* block = nullptr;   // null: there is no room
        bool much = false;              // with this block an eighth of all are in use
    };
    // A block with room for so many bytes, as long as then at most `limit` units are in use. Never touches the system,
    // but for a record that is longer than a block.
    [[nodiscard]] Taken take(std::size_t bytes, std::size_t limit) noexcept;
    void give_back(RecordBlock& block) noexcept;
    // After each drain, by the thread that drains: lets go of memory that was not used lately.
    void tidy() noexcept;

    [[nodiscard]] std::size_t units() const noexcept { return count_; }
    [[nodiscard]] std::size_t unit_bytes() const noexcept { return block_bytes_; }
    [[nodiscard]] std::size_t in_use() const noexcept;
    [[nodiscard]] std::size_t units_for(std::size_t bytes) const noexcept {
        return (bytes + sizeof(RecordBlock) + block_bytes_ - 1) / block_bytes_;
    }

private:
    [[nodiscard]] RecordBlock* at(std::uint32_t index) noexcept;
    [[nodiscard]] RecordBlock* oversized(std::size_t bytes, std::size_t units) noexcept;

    const std::size_t block_bytes_;
    const std::size_t count_;
    char* const memory_;

    mutable std::mutex mutex_;
    std::vector<std::uint32_t> warm_;   // free, and their memory is there; under mutex_ like all that follows
    std::vector<std::uint32_t> cold_;   // free, without memory
    std::size_t in_use_ = 0;
    std::size_t most_in_use_ = 0;       // since the last tidy()
    std::size_t keep_ = 0;              // so many blocks, used or free, keep their memory
};

}   // namespace outrigger::logging
