// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace outrigger::config {
namespace {

// Keys are shorter; bounds the table.
constexpr std::size_t word_max = 32;
using Row = std::array<std::size_t, word_max + 1>;

// The optimal string alignment distance (Damerau 1964, without editing a swapped pair again).
std::size_t distance(std::string_view left, std::string_view right) {
    Row before_last{};
    Row last{};
    Row row{};
    for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= left.size(); ++i) {
        before_last = std::exchange(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[right.size()];
}

// A short word has few neighbours that are meant; a long one may differ by an ending: retries, retry.
std::size_t edits_max(std::string_view word) {
    return word.size() < 6 ? std::max<std::size_t>(1, word.size() / 3) : word.size() / 2;
}

}   // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
    std::string_view best;
    if (word.size() > word_max) return best;
    std::size_t best_distance = edits_max(word) + 1;
    for (const std::string_view candidate : known) {
        if (candidate.size() > word_max) continue;
        if (const std::size_t edits = distance(word, candidate); edits < best_distance) {
            best = candidate;
            best_distance = edits;
        }
    }
    return best;
}

}   // namespace outrigger::config
