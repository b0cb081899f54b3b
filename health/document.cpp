// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/document.hpp>
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

bool is_error(const Entry& entry) noexcept {
    return entry.status == Status::down || entry.status == Status::unchecked;
}

// JavaScript's Math.round of milliseconds.
std::string whole_milliseconds(Duration time) {
    constexpr auto half = std::chrono::microseconds{500};
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(time + half).count());
}

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
std::vector<const Entry*> in_object_order(std::span<const Entry* const> entries) {
    std::vector<std::pair<std::uint32_t, const Entry*>> indices;
    std::vector<const Entry*> rest;
    for (const auto* entry : entries) {
        if (const auto index = array_index(entry->key))
            indices.emplace_back(*index, entry);
        else
            rest.push_back(entry);
    }
    std::sort(indices.begin(), indices.end());
    std::vector<const Entry*> ordered;
    ordered.reserve(entries.size());
    for (const auto& [index, entry] : indices) ordered.push_back(entry);
    ordered.insert(ordered.end(), rest.begin(), rest.end());
    return ordered;
}

// {"a":{...},"b":{...}}
void append_object(std::string& out, std::span<const Entry* const> entries) {
    out += '{';
    for (const auto* entry : in_object_order(entries)) {
        if (out.back() != '{') out += ',';
        append_json_text(out, entry->key);
        out += ':';
        out += entry->body;
    }
    out += '}';
}

std::string_view word(std::span<const Entry> entries, bool draining) noexcept {
    if (draining) return "shutting_down";
    if (std::any_of(entries.begin(), entries.end(), is_error)) return "error";
    const auto degraded = [](const Entry& entry) { return entry.status == Status::degraded; };
    return std::any_of(entries.begin(), entries.end(), degraded) ? "degraded" : "ok";
}

}  // namespace

std::string entry_body(const Outcome& outcome, Status shown_as) {
    std::string body = "{";
    if (!outcome.message.empty()) {
        body += "\"message\":";
        append_json_text(body, outcome.message);
        body += ',';
    }
    if (outcome.response_time) {
        body += "\"responseTime\":";
        body += whole_milliseconds(*outcome.response_time);
        body += ',';
    }
    body += "\"status\":\"";
    body += to_string(shown_as == Status::unchecked ? Status::down : shown_as);
    body += "\"}";
    return body;
}

Document document(std::span<const Entry> entries, bool draining) {
    std::vector<const Entry*> info;
    std::vector<const Entry*> error;
    for (const auto& entry : entries) (is_error(entry) ? error : info).push_back(&entry);
    std::vector<const Entry*> details = info;
    details.insert(details.end(), error.begin(), error.end());

    const std::string_view status = word(entries, draining);
    Document page{.status = status == "ok" || status == "degraded" ? 200 : 503, .body = "{\"status\":\""};
    page.body += status;
    page.body += "\",\"info\":";
    append_object(page.body, info);
    page.body += ",\"error\":";
    append_object(page.body, error);
    page.body += ",\"details\":";
    append_object(page.body, details);
    page.body += '}';
    return page;
}

}  // namespace outrigger::health
