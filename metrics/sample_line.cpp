// SPDX-License-Identifier: Apache-2.0
#include "sample_line.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>

#include <outrigger/metrics/labels.hpp>

namespace outrigger::metrics {
namespace {

// Far more than anybody gives a series. Each label is looked for among those before it: without a limit a single line
// could take hours.
constexpr std::size_t labels_max = 64;

bool blank(char c) noexcept { return c == ' ' || c == '\t'; }
bool name_byte(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

// What is left of the line.
class Rest {
public:
    explicit Rest(std::string_view text) noexcept : text_{text} {}

    void skip_blanks() noexcept {
        while (!text_.empty() && blank(text_.front())) text_.remove_prefix(1);
    }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    [[nodiscard]] bool take(char c) noexcept {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    [[nodiscard]] std::string_view name() noexcept { return take_while(name_byte); }
    [[nodiscard]] std::string_view word() noexcept {
        return take_while([](char c) { return !blank(c); });
    }
    // Up to the closing quote, which is gone then too. False: it does not come, or an escape is unknown.
    [[nodiscard]] bool quoted(std::string& value) {
        for (;;) {
            const std::size_t plain = text_.find_first_of("\"\\");
            if (plain == std::string_view::npos) return false;
            value += text_.substr(0, plain);
            const bool ends = text_[plain] == '"';
            text_.remove_prefix(plain + 1);
            if (ends) return true;
            if (text_.empty()) return false;
            const char escaped = text_.front();
            text_.remove_prefix(1);
            if (escaped != 'n' && escaped != '\\' && escaped != '"') return false;
            value += escaped == 'n' ? '\n' : escaped;
        }
    }

private:
    template <class Predicate>
    std::string_view take_while(Predicate predicate) noexcept {
        std::size_t size = 0;
        while (size < text_.size() && predicate(text_[size])) ++size;
        const std::string_view taken = text_.substr(0, size);
        text_.remove_prefix(size);
        return taken;
    }
    std::string_view text_;
};

// Behind the opening brace, up to and with the closing one. A comma may stand behind the last label.
std::string_view read_labels(Rest& rest, std::vector<ParsedLabel>& labels) {
    for (;;) {
        rest.skip_blanks();
        if (rest.take('}')) return {};
        if (labels.size() == labels_max) return "more than 64 labels";
        ParsedLabel label{.name = rest.name(), .value = {}};
        if (!label_name_allowed(label.name)) return "a label's name is wrong";
        rest.skip_blanks();
        if (!rest.take('=')) return "= is missing behind a label's name";
        rest.skip_blanks();
        if (!rest.take('"')) return "a label's value is not in quotes";
        if (!rest.quoted(label.value)) return "a label's value does not end, or has an unknown escape";
        for (const ParsedLabel& known : labels)
            if (known.name == label.name) return "a label is there twice";
        labels.push_back(std::move(label));
        rest.skip_blanks();
        if (rest.take(',')) continue;
        if (rest.take('}')) return {};
        return "neither , nor } behind a label";
    }
}

std::string_view read_exemplar(Rest& rest, ParsedExemplar& exemplar) {
    rest.skip_blanks();
    if (!rest.take('{')) return "an exemplar has no labels";
    if (const std::string_view fault = read_labels(rest, exemplar.labels); !fault.empty()) return fault;
    rest.skip_blanks();
    const auto value = read_number(rest.word());
    if (!value) return "an exemplar's value is no number";
    exemplar.value = *value;
    rest.skip_blanks();
    if (rest.empty()) return {};
    exemplar.at = read_number(rest.word());
    if (!exemplar.at) return "an exemplar's timestamp is no number";
    rest.skip_blanks();
    return rest.empty() ? std::string_view{} : "something follows the exemplar";
}

}  // namespace

std::optional<double> read_number(std::string_view text) noexcept {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || text.empty()) return std::nullopt;
    if (error == std::errc::result_out_of_range) {   // as Go reads it: infinite, or zero
        const bool small = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
        const double size = small ? 0.0 : std::numeric_limits<double>::infinity();
        return text.front() == '-' ? -size : size;
    }
    if (error != std::errc{} || text.back() == ')') return std::nullopt;   // C's nan(...)
    return value;
}

std::string unescaped_help(std::string_view text, bool quotes) {
    std::string help;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        const bool escape = text[i] == '\\' && (next == 'n' || next == '\\' || (next == '"' && quotes));
        if (escape) ++i;
        help += escape && next == 'n' ? '\n' : text[i];
    }
    return help;
}

std::string_view read_sample(std::string_view line, bool exemplars, SampleLine& sample) {
    Rest rest{line};
    rest.skip_blanks();
    sample.name = rest.name();
    if (!metric_name_allowed(sample.name)) return "a metric's name is wrong";
    rest.skip_blanks();
    if (rest.take('{'))
        if (const std::string_view fault = read_labels(rest, sample.labels); !fault.empty()) return fault;
    rest.skip_blanks();
    const auto value = read_number(rest.word());
    if (!value) return "a value is no number";
    sample.value = *value;
    rest.skip_blanks();
    if (rest.empty()) return {};
    if (!(exemplars && rest.take('#'))) {
        sample.timestamp = read_number(rest.word());
        if (!sample.timestamp) return "a timestamp is no number";
        rest.skip_blanks();
        if (rest.empty()) return {};
        if (!(exemplars && rest.take('#'))) return "something follows the timestamp";
    }
    return read_exemplar(rest, sample.exemplar.emplace());
}

}  // namespace outrigger::metrics
