// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/document.hpp>
#include "document_parts.hpp"
#include "json_text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace outrigger::health {
namespace {

using Shown = std::vector<const Standing*>;

// An array index in the sense of ECMAScript (6.1.7): 0 to 4294967294, written without needless zeros. An
// object lists such keys first, ascending.
std::optional<std::uint32_t> array_index(std::string_view key) noexcept {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
    if (error != std::errc{} || end != key.data() + key.size() || value == UINT32_MAX) return std::nullopt;
    if (key.size() > 1 && key.front() == '0') return std::nullopt;
    return value;
}

// JavaScript's order of keys: array indices ascending, then the rest as they come.
Shown in_object_order(const Shown& standings) {
    std::vector<std::pair<std::uint32_t, const Standing*>> indices;
    Shown rest;
    for (const auto* standing : standings) {
        if (const auto index = array_index(standing->key))
            indices.emplace_back(*index, standing);
        else
            rest.push_back(standing);
    }
    std::sort(indices.begin(), indices.end());
    Shown ordered;
    ordered.reserve(standings.size());
    for (const auto& [index, standing] : indices) ordered.push_back(standing);
    ordered.insert(ordered.end(), rest.begin(), rest.end());
    return ordered;
}

// Up to 11 there was neither `degraded` nor a response time.
std::string older_body(const Standing& standing, Format format) {
    const std::string_view status = is_error(standing.shown) ? "\"status\":\"down\"" : "\"status\":\"up\"";
    std::string body = "{";
    if (format == Format::terminus10) body += status;
    append_message_and_details(body, standing.outcome);
    if (format != Format::terminus10) append_member(body, status);
    return body += '}';
}

// {"a":{...},"b":{...}}
void append_object(std::string& out, const Shown& standings, Format format) {
    out += '{';
    for (const auto* standing : in_object_order(standings)) {
        if (out.back() != '{') out += ',';
        append_json_text(out, standing->key);
        out += ':';
        out += format == Format::terminus12 ? standing->body : older_body(*standing, format);
    }
    out += '}';
}

std::string_view word(Verdict verdict, Format format) noexcept {
    switch (verdict) {
        case Verdict::draining: return "shutting_down";
        case Verdict::error: return "error";
        case Verdict::degraded: return format == Format::terminus12 ? "degraded" : "ok";
        case Verdict::ok: break;
    }
    return "ok";
}

Document terminus_document(const Standings& standings, bool draining, Format format) {
    Shown info;
    Shown error;
    for (const auto& standing : standings) (is_error(standing->shown) ? error : info).push_back(standing.get());
    Shown details = info;
    details.insert(details.end(), error.begin(), error.end());

    const Verdict verdict = verdict_of(standings, draining);
    Document page{.status = http_status(verdict), .body = "{\"status\":\""};
    page.body += word(verdict, format);
    page.body += "\",\"info\":";
    append_object(page.body, info, format);
    page.body += ",\"error\":";
    append_object(page.body, error, format);
    page.body += ",\"details\":";
    append_object(page.body, details, format);
    page.body += '}';
    return page;
}

}  // namespace

std::string entry_body(const Outcome& outcome, Status shown) {
    std::string body = "{";
    append_message_and_details(body, outcome);
    if (outcome.response_time)
        append_member(body, "\"responseTime\":" + whole_milliseconds(*outcome.response_time));
    append_member(body, "\"status\":\"");
    body += to_string(shown == Status::unchecked ? Status::down : shown);
    body += "\"}";
    return body;
}

Document document(const Standings& standings, bool draining, Format format) {
    switch (format) {
        case Format::terminus12:
        case Format::terminus11:
        case Format::terminus10: return terminus_document(standings, draining, format);
        case Format::spring: return spring_document(standings, draining);
        case Format::microprofile: return microprofile_document(standings, draining);
        case Format::health_json: return health_json_document(standings, draining);
    }
    return terminus_document(standings, draining, Format::terminus12);
}

}  // namespace outrigger::health
