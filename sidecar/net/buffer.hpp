// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sidecar/net/arena.hpp"

namespace outrigger::net {

// Bytes that wait to be used, contiguous, first in first out: in a page of the worker's pool while they fit, so that the
// usual ones cost no allocation, else in a string. Empty, it holds nothing. Not thread-safe.
class Buffer {
public:
    explicit Buffer(PagePool& pool) noexcept : pool_{pool} {}
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { clear(); }

    // Valid until the next change.
    [[nodiscard]] std::string_view bytes() const noexcept {
        if (large_) return std::string_view{*large_}.substr(begin_);
        return page_ ? std::string_view{page_->data() + begin_, end_ - begin_} : borrowed_;
    }
    [[nodiscard]] bool empty() const noexcept { return borrowed_.empty() && !page_ && !large_; }
    // Memory in use, in bytes.
    [[nodiscard]] std::size_t held() const noexcept { return large_ ? large_->size() : page_ ? page_bytes : 0; }

    void append(std::string_view bytes);
    // Instead of a copy: only when it is empty, and only if they stay where they are until they have been dropped.
    void borrow(std::string_view bytes) noexcept { borrowed_ = bytes; }
    void drop_front(std::size_t count) noexcept;
    void clear() noexcept;

private:
    PagePool& pool_;
    std::unique_ptr<Page> page_;
    std::unique_ptr<std::string> large_;
    std::string_view borrowed_;   // then there is neither
    std::size_t begin_ = 0;
    std::size_t end_ = 0;   // in the page
};

}   // namespace outrigger::net
