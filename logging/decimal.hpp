// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

namespace outrigger::logging {

// "00" to "99": two digits for one division.
inline constexpr auto digit_pairs = [] {
    std::array<std::array<char, 2>, 100> filled{};
    for (std::size_t i = 0; i < filled.size(); ++i)
        filled[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
    return filled;
}();

}  // namespace outrigger::logging
