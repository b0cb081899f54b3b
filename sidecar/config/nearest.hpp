// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace outrigger::config {

// The known word that this one was most likely meant to be: the fewest insertions, deletions, replacements
// and swaps of neighbours, at most half as many as it has letters. Empty if none is that near. Of equally
// near ones the first.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}   // namespace outrigger::config
