// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace outrigger::config {

// How many bytes the well-formed UTF-8 character (RFC 3629) has with which the text begins; 0: there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace outrigger::config
