// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace outrigger::middleware {

// The first `most` bytes, or up to three fewer so that no UTF-8 sequence is split.
constexpr std::string_view cut(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) return text;
    constexpr std::size_t continuation_bytes_max = 3;
    for (std::size_t back = 0; back <= continuation_bytes_max && back <= most; ++back)
        if ((static_cast<unsigned char>(text[most - back]) & 0xc0U) != 0x80)
            return text.substr(0, most - back);
    return text.substr(0, most);  // not UTF-8 anyway
}

}  // namespace outrigger::middleware
