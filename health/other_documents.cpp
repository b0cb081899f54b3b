// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "document_parts.hpp"
#include "json_text.hpp"

// The formats that are not terminus'.
namespace outrigger::health {
namespace {

// `"a":{...},` and so on for every check, in between an opening and a closing text.
template <class Append>
void append_all(std::string& out, const Standings& standings, Append append) {
    bool first = true;
    for (const auto& standing : standings) {
        if (!std::exchange(first, false)) out += ',';
        append(*standing);
    }
}

// Spring knows no degraded: UNKNOWN is what weighs less than UP and answers 200.
std::string_view spring_word(Status shown) noexcept {
    switch (shown) {
        case Status::up: return "UP";
        case Status::degraded: return "UNKNOWN";
        case Status::unchecked:
        case Status::down: break;
    }
    return "DOWN";
}
std::string_view spring_word(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::ok:
        case Verdict::degraded: return "UP";
        case Verdict::error: return "DOWN";
        case Verdict::draining: break;
    }
    return "OUT_OF_SERVICE";
}

void append_spring(std::string& out, const Standing& standing) {
    append_json_text(out, standing.key);
    out += ":{\"status\":\"";
    out += spring_word(standing.shown);
    out += '"';
    if (!standing.outcome.message.empty()) {
        out += standing.shown == Status::up ? ",\"details\":{\"message\":" : ",\"details\":{\"error\":";
        append_json_text(out, standing.outcome.message);
        out += '}';
    }
    out += '}';
}

void append_microprofile(std::string& out, const Standing& standing) {
    out += "{\"name\":";
    append_json_text(out, standing.key);
    out += is_error(standing.shown) ? ",\"status\":\"DOWN\"" : ",\"status\":\"UP\"";
    std::string data = "{";
    append_message_and_details(data, standing.outcome);
    if (standing.outcome.response_time)
        append_member(data, "\"responseTime\":" + whole_milliseconds(*standing.outcome.response_time));
    if (data.size() > 1) out += ",\"data\":" + data + '}';
    out += '}';
}

std::string_view health_json_word(Status shown) noexcept {
    switch (shown) {
        case Status::up: return "pass";
        case Status::degraded: return "warn";
        case Status::unchecked:
        case Status::down: break;
    }
    return "fail";
}
std::string_view health_json_word(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::ok: return "pass";
        case Verdict::degraded: return "warn";
        case Verdict::error:
        case Verdict::draining: break;
    }
    return "fail";
}

void append_health_json(std::string& out, const Standing& standing) {
    const auto& time = standing.outcome.response_time;
    append_json_text(out, time ? standing.key + ":responseTime" : standing.key);
    out += ":[{";
    if (time)
        append_member(out, "\"observedValue\":" + whole_milliseconds(*time) + ",\"observedUnit\":\"ms\"");
    append_member(out, "\"status\":\"");
    out += health_json_word(standing.shown);
    out += '"';
    if (!standing.outcome.message.empty()) {
        out += ",\"output\":";
        append_json_text(out, standing.outcome.message);
    }
    out += "}]";
}

}   // namespace

Document spring_document(const Standings& standings, bool draining) {
    const Verdict verdict = verdict_of(standings, draining);
    Standings sorted = standings;   // a TreeMap there
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a->key < b->key; });
    Document page{http_status(verdict), "{\"status\":\""};
    page.body += spring_word(verdict);
    page.body += '"';
    if (!sorted.empty()) {
        page.body += ",\"components\":{";
        append_all(page.body, sorted, [&](const Standing& one) { append_spring(page.body, one); });
        page.body += '}';
    }
    page.body += '}';
    return page;
}

Document microprofile_document(const Standings& standings, bool draining) {
    const Verdict verdict = verdict_of(standings, draining);
    Document page{http_status(verdict), "{\"status\":\""};
    page.body += page.status == 200 ? "UP" : "DOWN";
    page.body += "\",\"checks\":[";
    append_all(page.body, standings, [&](const Standing& one) { append_microprofile(page.body, one); });
    page.body += "]}";
    return page;
}

Document health_json_document(const Standings& standings, bool draining) {
    const Verdict verdict = verdict_of(standings, draining);
    Document page{http_status(verdict), "{\"status\":\""};
    page.body += health_json_word(verdict);
    page.body += '"';
    if (draining) page.body += ",\"output\":\"shutting down\"";
    if (!standings.empty()) {
        page.body += ",\"checks\":{";
        append_all(page.body, standings, [&](const Standing& one) { append_health_json(page.body, one); });
        page.body += '}';
    }
    page.body += '}';
    return page;
}

}   // namespace outrigger::health
