// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/utf8.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace outrigger::metrics {

// What is not UTF-8 becomes U+FFFD.
inline void append_utf8(std::string& into, std::string_view bytes) {
    const bool ascii = std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii) return void(into += bytes);
    while (!bytes.empty()) {
        const Utf8Step step = utf8_step(bytes);
        into += step.valid ? bytes.substr(0, step.length) : utf8_replacement;
        bytes.remove_prefix(step.length);
    }
}

}  // namespace outrigger::metrics
