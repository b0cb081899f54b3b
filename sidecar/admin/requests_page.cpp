// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/requests_page.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <outrigger/logging/ecs_record.hpp>

#include "sidecar/admin/query.hpp"

namespace outrigger::admin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t shown_unless_told = 100;
constexpr std::size_t shown_max = 1000;   // of the journal's entries: a page of some megabytes

double seconds(Duration length) { return std::chrono::duration<double>{length}.count(); }

Json attempt_json(const ingress::JournalAttempt& attempt) {
    Json json{{"attempt", attempt.number}};
    if (!attempt.endpoint.empty()) json["endpoint"] = attempt.endpoint;
    if (std::string why = explain(attempt.choice); !why.empty()) json["picked"] = std::move(why);
    json["began_seconds"] = seconds(attempt.began);
    json["connecting_seconds"] = seconds(attempt.connecting);
    json["took_seconds"] = seconds(attempt.took);
    json["reused_connection"] = attempt.reused;
    if (attempt.stale) json["stale_connection"] = true;
    if (attempt.status != 0) json["status"] = attempt.status;
    if (attempt.reason) json["reason"] = to_string(*attempt.reason);
    json["what"] = attempt.what;
    if (!attempt.stale) json["verdict"] = attempt.verdict;
    if (attempt.pause > Duration::zero()) json["pause_seconds"] = seconds(attempt.pause);
    return json;
}

Json entry_json(const ingress::JournalEntry& entry) {
    logging::Timestamp timestamp;
    Json json{{"explained", entry.sentence},
              {"at", timestamp.write(entry.at)},
              {"took_seconds", seconds(entry.took)},
              {"request_id", entry.request_id},
              {"trace_id", entry.trace_id},
              {"method", entry.method},
              {"path", entry.path}};
    if (!entry.route.empty()) json["route"] = entry.route;
    if (!entry.upstream.empty()) json["upstream"] = entry.upstream;
    if (!entry.endpoint.empty()) json["endpoint"] = entry.endpoint;
    if (entry.status != 0) json["status"] = entry.status;
    if (entry.reason) json["reason"] = to_string(*entry.reason);
    if (entry.slow) json["slow"] = true;
    if (entry.queued > Duration::zero()) json["queued_seconds"] = seconds(entry.queued);
    if (!entry.attempts.empty()) {
        Json attempts = Json::array();
        for (const ingress::JournalAttempt& attempt : entry.attempts) attempts.push_back(attempt_json(attempt));
        json["attempts"] = std::move(attempts);
    }
    if (!entry.stopped.empty()) json["stopped"] = entry.stopped;
    return json;
}

std::size_t limit_of(std::string_view query) {
    const std::string text = query_value(query, "limit");
    std::size_t limit = shown_unless_told;
    (void)std::from_chars(text.data(), text.data() + text.size(), limit);
    return std::min(limit, shown_max);
}

}  // namespace

std::string requests_json(const ingress::Journal& journal, std::string_view query) {
    const std::string id = query_value(query, "id");
    Json requests = Json::array();
    for (const auto& entry : id.empty() ? journal.last(limit_of(query)) : journal.of(id))
        requests.push_back(entry_json(*entry));
    return Json{{"requests", std::move(requests)}}.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace outrigger::admin
