// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <string_view>

namespace outrigger::middleware {

// A duration for people: milliseconds with one digit after the point, cut: "12.3". Negative ones are "0.0".
class Milliseconds {
public:
    explicit Milliseconds(Duration duration) noexcept {
        using Tenths = std::chrono::duration<std::int64_t, std::ratio<1, 10'000>>;
        const auto tenths = duration < Duration::zero() ? 0 : std::chrono::floor<Tenths>(duration).count();
        char* end = std::to_chars(text_.data(), text_.data() + text_.size(), tenths / 10).ptr;
        *end++ = '.';
        *end++ = static_cast<char>('0' + tenths % 10);
        size_ = static_cast<std::size_t>(end - text_.data());
    }
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    std::array<char, 24> text_{};
    std::size_t size_ = 0;
};

}  // namespace outrigger::middleware
