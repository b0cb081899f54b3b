// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::metrics {

struct ParsedLabel {
    std::string_view name;
    std::string value;   // unescaped
};

struct ParsedExemplar {
    std::vector<ParsedLabel> labels;
    double value = 0.0;
    std::optional<double> at;   // seconds
};

// One sample of a page, taken apart.
struct SampleLine {
    std::string_view name;
    std::vector<ParsedLabel> labels;
    double value = 0.0;
    std::optional<double> timestamp;   // in the format's unit: milliseconds, or OpenMetrics' seconds
    std::optional<ParsedExemplar> exemplar;

    [[nodiscard]] const ParsedLabel* label(std::string_view wanted) const noexcept {
        for (const ParsedLabel& found : labels)
            if (found.name == wanted) return &found;
        return nullptr;
    }
};

// Reads a line without its end into `sample`. Returns what is wrong with it; empty: nothing. `exemplars`: one may
// follow.
[[nodiscard]] std::string_view read_sample(std::string_view line, bool exemplars, SampleLine& sample);

// A number as pages write it: Go's and OpenMetrics' words for infinities and NaN too.
[[nodiscard]] std::optional<double> read_number(std::string_view text) noexcept;

// A HELP text with its escapes undone; an unknown escape stays as it is.
[[nodiscard]] std::string unescaped_help(std::string_view text, bool quotes);

}  // namespace outrigger::metrics
