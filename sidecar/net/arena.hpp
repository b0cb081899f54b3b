// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace outrigger::net {

inline constexpr std::size_t page_bytes = 4096;
using Page = std::array<char, page_bytes>;

// Free pages of one worker; arenas take from it and give back. Not thread-safe.
class PagePool {
public:
    [[nodiscard]] std::unique_ptr<Page> take() {
        if (free_.empty()) return std::make_unique_for_overwrite<Page>();
        auto page = std::move(free_.back());
        free_.pop_back();
        return page;
    }
    void give(std::unique_ptr<Page> page) noexcept {
        if (free_.size() < kept_max) free_.push_back(std::move(page));
    }
    PagePool() { free_.reserve(kept_max); }

private:
    static constexpr std::size_t kept_max = 256;   // 1 MiB; what a burst took beyond it goes back to the allocator
    std::vector<std::unique_ptr<Page>> free_;
};

// Memory that lives as long as one exchange: the heads of its messages, and what was derived from them. Views handed
// out stay valid until the arena ends. An idle connection has no arena.
class Arena {
public:
    explicit Arena(PagePool& pool) noexcept : pool_{pool} {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() {
        while (used_ > 0) pool_.give(std::move(pages_[--used_]));
    }

    // Uninitialised room for `count` bytes; given out again unless it is kept.
    [[nodiscard]] std::span<char> room(std::size_t count) {
        last_was_large_ = false;
        if (count > free_.size()) next_page(count);
        if (count > free_.size()) return large(count);
        return free_.first(count);
    }
    // What is left of the page in use, or a new one: never empty.
    [[nodiscard]] std::span<char> rest() {
        last_was_large_ = false;
        if (free_.empty()) next_page(page_bytes);
        return free_.empty() ? large(page_bytes) : free_;
    }
    // Keeps the first `count` bytes of the room just given.
    void keep(std::size_t count) noexcept {
        if (!last_was_large_) free_ = free_.subspan(count);
        last_was_large_ = false;
    }
    [[nodiscard]] std::string_view copy(std::string_view bytes) {
        if (bytes.empty()) return {};
        const std::span<char> place = room(bytes.size());
        std::memcpy(place.data(), bytes.data(), bytes.size());
        keep(bytes.size());
        return {place.data(), bytes.size()};
    }

private:
    void next_page(std::size_t count) {
        if (count > page_bytes || used_ == pages_.size()) return;
        pages_[used_] = pool_.take();
        free_ = *pages_[used_++];
    }
    // Rare: more than a page at once, or more than four pages. Straight from the allocator.
    std::span<char> large(std::size_t count) {
        large_.push_back(std::make_unique_for_overwrite<char[]>(count));
        last_was_large_ = true;
        return {large_.back().get(), count};
    }

    PagePool& pool_;
    std::span<char> free_;
    std::array<std::unique_ptr<Page>, 4> pages_;
    std::size_t used_ = 0;
    std::vector<std::unique_ptr<char[]>> large_;
    bool last_was_large_ = false;
};

// Where a worker reads into. Reachable only inside functions that are no coroutines: its contents do not survive a
// suspension.
struct Scratch {
    static constexpr std::size_t bytes = 64 * 1024;   // also the most that one turn moves for one connection
    std::array<char, bytes> read;
};

}  // namespace outrigger::net
