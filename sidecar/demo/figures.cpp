// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/figures.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace outrigger::demo {
namespace {

struct Sample {
    std::string_view name;
    bool error = false;  // it has an error_type that is not empty
    std::uint64_t value = 0;
};

// Cuts one label, `name="value"` and the comma after it, off the front; false at the closing brace or on
// nonsense.
bool take_label(std::string_view& rest, std::string_view& name, std::string_view& value) {
    const auto equals = rest.find("=\"");
    if (rest.starts_with('}') || equals == std::string_view::npos) return false;
    name = rest.substr(0, equals);
    rest.remove_prefix(equals + 2);
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2U : 1U;
    if (end >= rest.size()) return false;
    value = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (rest.starts_with(',')) rest.remove_prefix(1);
    return true;
}

// Counts are whole, but a page may write them as 1e+06.
std::optional<std::uint64_t> count_of(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !(number >= 0 && number < 1e18)) return std::nullopt;
    return static_cast<std::uint64_t>(number);
}

std::optional<Sample> read_sample(std::string_view line) {
    const auto name_end = line.find_first_of("{ ");
    if (line.starts_with('#') || name_end == std::string_view::npos) return std::nullopt;
    Sample sample{.name = line.substr(0, name_end)};
    std::string_view rest = line.substr(name_end);
    if (rest.starts_with('{')) {
        rest.remove_prefix(1);
        for (std::string_view name, value; take_label(rest, name, value);)
            if (name == "error_type" && !value.empty()) sample.error = true;
        if (!rest.starts_with('}')) return std::nullopt;
        rest.remove_prefix(1);
    }
    if (!rest.starts_with(' ')) return std::nullopt;
    const auto value = count_of(rest.substr(1));
    if (!value) return std::nullopt;
    sample.value = *value;
    return sample;
}

}  // namespace

std::optional<Figures> read_figures(std::string_view page) {
    Figures figures;
    bool known = false;
    while (!page.empty()) {
        const std::string_view line = page.substr(0, page.find('\n'));
        const auto sample = read_sample(line);
        page.remove_prefix(std::min(line.size() + 1, page.size()));
        if (!sample) continue;
        if (sample->name == "http_server_active_requests") figures.in_flight += sample->value;
        if (sample->name != "http_server_request_duration_seconds_count") continue;
        known = true;
        figures.requests += sample->value;
        if (sample->error) figures.failures += sample->value;
    }
    return known ? std::optional{figures} : std::nullopt;
}

}  // namespace outrigger::demo
