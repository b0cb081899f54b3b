// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace outrigger::middleware {

// A number as text, for a message.
class Number {
public:
    explicit Number(std::uint64_t value) noexcept {
        const auto end = std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr;
        size_ = static_cast<std::size_t>(end - text_.data());
    }
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    std::array<char, 24> text_{};
    std::size_t size_ = 0;
};

}  // namespace outrigger::middleware
