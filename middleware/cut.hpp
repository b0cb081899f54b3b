// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/utf8.hpp>

#include <cstddef>
#include <string_view>

namespace outrigger::middleware {

// A text of a record, cut where it would be too long.
constexpr std::string_view cut(std::string_view text, std::size_t most) noexcept { return utf8_cut(text, most); }

}  // namespace outrigger::middleware
