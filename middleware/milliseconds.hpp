// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace outrigger::middleware {

// A duration for people: milliseconds with one digit after the point, cut: "12.3". Negative ones are "0.0".
class Milliseconds {
public:
    explicit Milliseconds(Duration duration) noexcept {
        using Tenths = std::chrono::duration<std::int64_t, std::ratio<1, 10'000>>;
        const auto tenths = duration < Duration::zero() ? 0 : std::chrono::floor<Tenths>(duration).count();
        end_ = std::to_chars(text_.data(), text_.data() + text_.size(), tenths / 10).ptr;
        *end_++ = '.';
        *end_++ = static_cast<char>('0' + tenths % 10);
    }
    Milliseconds(const Milliseconds&) = delete;
    Milliseconds& operator=(const Milliseconds&) = delete;
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), end_}; }

private:
    std::array<char, 24> text_;
    char* end_;
};

}  // namespace outrigger::middleware
