// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outrigger::demo {

// Colour is for terminals; everything else gets plain text.
struct Style {
    bool terminal = false;

    [[nodiscard]] std::string bold(std::string_view text) const { return in("\x1b[1m", text); }
    [[nodiscard]] std::string red(std::string_view text) const { return in("\x1b[31m", text); }
    [[nodiscard]] std::string green(std::string_view text) const { return in("\x1b[32m", text); }
    [[nodiscard]] std::string faint(std::string_view text) const { return in("\x1b[2m", text); }

private:
    [[nodiscard]] std::string in(std::string_view begin, std::string_view text) const {
        if (!terminal) return std::string{text};
        return std::string{begin}.append(text).append("\x1b[0m");
    }
};

}  // namespace outrigger::demo
