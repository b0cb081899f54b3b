// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/page.hpp>

#include <algorithm>
#include <array>
#include <optional>

#include <outrigger/metrics/openmetrics_page.hpp>
#include <outrigger/metrics/protobuf_page.hpp>
#include <outrigger/metrics/text_page.hpp>

namespace outrigger::metrics {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Takes what stands before the next `separator` that is in no quoted string; both are gone then.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
        if (quoted && rest[end] == '\\') ++end;
        else if (rest[end] == '"') quoted = !quoted;
    }
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return trimmed(taken);
}

bool same_word(std::string_view text, std::string_view lower_case) noexcept {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; };
    return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same);
}

std::string_view unquoted(std::string_view value) noexcept {
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    return quoted ? value.substr(1, value.size() - 2) : value;
}

constexpr int q_default = 1000;

// "0.75" -> 750; what is malformed counts as not said (RFC 9110, section 12.4.2).
int thousandths(std::string_view q) noexcept {
    if (q.empty() || q.size() > 5 || (q[0] != '0' && q[0] != '1') || (q.size() > 1 && q[1] != '.')) return q_default;
    int value = q[0] == '1' ? 1000 : 0;
    int digit = 100;
    for (const char c : q.substr(std::min<std::size_t>(2, q.size()))) {
        if (c < '0' || c > '9') return q_default;
        value += (c - '0') * digit;
        digit /= 10;
    }
    return std::min(value, 1000);
}

// One element of an Accept field.
struct MediaRange {
    std::string_view type;
    std::string_view version, proto, encoding;
    int q = q_default;
};

MediaRange media_range(std::string_view element) noexcept {
    MediaRange range;
    range.type = take_until(element, ';');
    while (!element.empty()) {
        std::string_view value = take_until(element, ';');
        const std::string_view name = take_until(value, '=');
        value = unquoted(trimmed(value));
        if (same_word(name, "q")) range.q = thousandths(value);
        if (same_word(name, "version")) range.version = value;
        if (same_word(name, "proto")) range.proto = value;
        if (same_word(name, "encoding")) range.encoding = value;
    }
    return range;
}

std::optional<PageFormat> format_of(const MediaRange& range) noexcept {
    const auto is = [](std::string_view value, std::string_view wanted) { return value.empty() || value == wanted; };
    if (same_word(range.type, "application/vnd.google.protobuf")) {
        // A proto and an encoding must be said: there are others.
        const bool ours = range.proto == "io.prometheus.client.MetricFamily" && range.encoding == "delimited";
        return ours ? std::optional{PageFormat::protobuf} : std::nullopt;
    }
    if (same_word(range.type, "application/openmetrics-text") && is(range.version, "1.0.0"))
        return PageFormat::openmetrics;
    if (same_word(range.type, "text/plain") && is(range.version, "0.0.4")) return PageFormat::text;
    if (same_word(range.type, "*/*") || same_word(range.type, "text/*")) return PageFormat::text;
    return std::nullopt;
}

}  // namespace

std::string_view content_type(PageFormat format) noexcept {
    switch (format) {
        case PageFormat::text: return text_content_type;
        case PageFormat::openmetrics: return openmetrics_content_type;
        case PageFormat::protobuf: return protobuf_content_type;
    }
    return "";
}

PageFormat negotiate_format(std::string_view accept) noexcept {
    PageFormat best = PageFormat::text;
    int best_q = 0;
    while (!accept.empty()) {
        const MediaRange range = media_range(take_until(accept, ','));
        const std::optional<PageFormat> format = format_of(range);
        if (!format || range.q <= best_q) continue;
        best = *format;
        best_q = range.q;
    }
    return best;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
    std::optional<bool> named;
    bool any = false;
    while (!accept_encoding.empty()) {
        const MediaRange coding = media_range(take_until(accept_encoding, ','));
        if (same_word(coding.type, "gzip") || same_word(coding.type, "x-gzip")) named = coding.q > 0;
        if (coding.type == "*") any = coding.q > 0;
    }
    return named.value_or(any);
}

std::string write_page(std::span<const MetricFamily> families, PageFormat format) {
    switch (format) {
        case PageFormat::text: return text_page(families);
        case PageFormat::openmetrics: return openmetrics_page(families);
        case PageFormat::protobuf: return protobuf_page(families);
    }
    return {};
}

}  // namespace outrigger::metrics
