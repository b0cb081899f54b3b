// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <outrigger/core/units.hpp>

namespace outrigger::intake {

enum class Inflated : std::uint8_t { whole, too_large, broken };

// Unpacks gzip to at most so many bytes, whatever the packed ones claim.
[[nodiscard]] Inflated inflate_gzip(std::string_view packed, Bytes most, std::string& out);

}   // namespace outrigger::intake
