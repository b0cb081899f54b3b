// SPDX-License-Identifier: Apache-2.0
#include "document_parts.hpp"
#include "json_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <variant>

namespace outrigger::health {
namespace {

struct Named {
    std::string_view name;
    Format format;
};
constexpr std::array names{
    Named{"terminus12", Format::terminus12},     Named{"terminus11", Format::terminus11},
    Named{"terminus10", Format::terminus10},     Named{"spring", Format::spring},
    Named{"microprofile", Format::microprofile}, Named{"health-json", Format::health_json},
};
constexpr std::array media_types{
    Named{"application/health+json", Format::health_json},
    Named{"application/vnd.spring-boot.actuator.v3+json", Format::spring},
    Named{"application/vnd.spring-boot.actuator.v2+json", Format::spring},
};

// Up to the mark, and removes it with the mark.
std::string_view take_until(std::string_view& text, char mark) noexcept {
    const std::size_t end = std::min(text.find(mark), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return piece;
}

std::string_view without_blanks(std::string_view text) noexcept {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

}   // namespace

std::string_view content_type(Format format) noexcept {
    switch (format) {
        case Format::terminus12:
        case Format::terminus11:
        case Format::terminus10: return "application/json; charset=utf-8";
        case Format::spring: return "application/vnd.spring-boot.actuator.v3+json";
        case Format::microprofile: return "application/json; charset=UTF-8";
        case Format::health_json: return "application/health+json";
    }
    return "application/json; charset=utf-8";
}

Format format_of(std::string_view query, std::string_view accept) noexcept {
    constexpr std::string_view key = "format=";
    while (!query.empty()) {
        const std::string_view field = take_until(query, '&');
        if (!field.starts_with(key)) continue;
        for (const Named& known : names)
            if (known.name == field.substr(key.size())) return known.format;
    }
    while (!accept.empty()) {
        std::string_view range = take_until(accept, ',');
        const std::string_view type = without_blanks(take_until(range, ';'));
        for (const Named& known : media_types)
            if (known.name == type) return known.format;
    }
    return Format::terminus12;
}

Verdict verdict_of(const Standings& standings, bool draining) noexcept {
    if (draining) return Verdict::draining;
    const auto any = [&](auto is) {
        return std::any_of(standings.begin(), standings.end(),
                           [&](const auto& one) { return is(one->shown); });
    };
    if (any(is_error)) return Verdict::error;
    return any([](Status status) { return status == Status::degraded; }) ? Verdict::degraded : Verdict::ok;
}

std::string whole_milliseconds(Duration time) {
    constexpr auto half = std::chrono::microseconds{500};
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(time + half).count());
}

void append_member(std::string& out, std::string_view member) {
    if (out.back() != '{') out += ',';
    out += member;
}

void append_message_and_details(std::string& out, const Outcome& outcome) {
    if (!outcome.message.empty()) {
        append_member(out, "\"message\":");
        append_json_text(out, outcome.message);
    }
    for (const Detail& detail : outcome.details) {
        append_member(out, "");
        append_json_text(out, detail.key);
        out += ':';
        if (const auto* text = std::get_if<std::string>(&detail.value))
            append_json_text(out, *text);
        else
            out += std::to_string(std::get<std::int64_t>(detail.value));
    }
}

}   // namespace outrigger::health
