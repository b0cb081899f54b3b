// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/front_page.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;
using metrics::Estimate;
using metrics::HttpServerSummary;

constexpr std::size_t rows_max = 10;   // of errors, of routes: the most frequent ones; /metrics has all

constexpr std::string_view style = R"(<style>
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--bad:#c62828;--good:#2e7d32}
@media(prefers-color-scheme:dark){:root{--bad:#ff8a80;--good:#81c784}}
body{font:16px/1.45 system-ui,sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1rem;margin:1.6rem 0 .4rem}
header{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline}
.good,.bad{font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(2,1fr);gap:.6rem;margin:1rem 0 .4rem}
@media(min-width:40rem){dl{grid-template-columns:repeat(4,1fr)}}
dl div{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .8rem}
dt{font-size:.85rem;opacity:.75}dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
td,th{padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;
font-variant-numeric:tabular-nums}td:first-child,th:first-child{text-align:left;min-width:7rem;white-space:normal}
th{font-size:.85rem;font-weight:normal;opacity:.75}
pre{background:var(--soft);padding:.6rem;border-radius:.5rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}
small{opacity:.75}nav a,nav span{display:inline-block;margin-right:1rem}
</style>
)";

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '&': result += "&amp;"; break;
            case '"': result += "&quot;"; break;
            default: result += c;
        }
    }
    return result;
}

std::string number(double value, int decimals, const char* unit) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit);
    return text.data();
}

// Three digits are all that an estimate from buckets is worth: "41 µs", "7.3 ms", "1.25 s".
std::string readable(Duration length) {
    const double microseconds = static_cast<double>(length.count()) / 1e3;
    if (microseconds < 999.5) return number(microseconds, 0, "µs");
    if (microseconds < 99'950) return number(microseconds / 1e3, 1, "ms");
    if (microseconds < 999'500) return number(microseconds / 1e3, 0, "ms");
    return number(microseconds / 1e6, 2, "s");
}

std::string readable(const std::optional<Estimate>& estimate) {
    if (!estimate) return "–";
    return (estimate->beyond ? "&gt; " : "") + readable(estimate->at);
}

// "3 d 4 h", "2 h 5 min", "1 min 7 s"
std::string readable_uptime(Duration uptime) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(uptime).count();
    const auto text = [](std::int64_t large, const char* large_unit, std::int64_t small, const char* small_unit) {
        return std::to_string(large) + large_unit + std::to_string(small) + small_unit;
    };
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 3600) return text(seconds / 60, " min ", seconds % 60, " s");
    if (seconds < 86'400) return text(seconds / 3600, " h ", seconds % 3600 / 60, " min");
    return text(seconds / 86'400, " d ", seconds % 86'400 / 3600, " h");
}

std::string share(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "–";
    return number(100.0 * static_cast<double>(part) / static_cast<double>(whole), 2, "%");
}

std::string figure(std::string_view id, std::string_view name, const std::string& value) {
    return "<div><dt>" + std::string{name} + "</dt><dd id=\"" + std::string{id} + "\">" + value + "</dd></div>\n";
}

std::string row(const std::string& first, std::initializer_list<std::string> others) {
    std::string html = "<tr><td>" + first + "</td>";
    for (const std::string& cell : others) html += "<td>" + cell + "</td>";
    return html + "</tr>\n";
}

std::string table(std::string_view heading, std::initializer_list<const char*> columns, const std::string& rows) {
    if (rows.empty()) return {};
    std::string html = "<h2>" + std::string{heading} + "</h2>\n<div class=\"wide\"><table><tr>";
    for (const char* column : columns) html += "<th>" + std::string{column} + "</th>";
    return html + "</tr>\n" + rows + "</table></div>\n";
}

std::string state(const FrontPageFacts& facts) {
    const auto word = [](bool good, const char* text) {
        return "<span id=\"state\" class=\"" + std::string{good ? "good" : "bad"} + "\">" + text + "</span>";
    };
    if (facts.drain.ended) return word(false, "drained");
    if (facts.drain.draining) return word(false, "draining");
    return facts.ready ? word(true, "ready") : word(false, "not ready");
}

std::string headline(const HttpServerSummary& traffic) {
    return "<dl>\n" + figure("requests", "requests", std::to_string(traffic.requests)) +
           figure("active", "in flight", std::to_string(traffic.active)) +
           figure("failed", "errors", std::to_string(traffic.failed)) +
           figure("failed-share", "error rate", share(traffic.failed, traffic.requests)) +
           figure("p50", "p50", readable(traffic.latency.p50)) + figure("p99", "p99", readable(traffic.latency.p99)) +
           figure("overhead-p50", "overhead p50", readable(traffic.overhead.p50)) +
           figure("overhead-p99", "overhead p99", readable(traffic.overhead.p99)) +
           "</dl>\n<small>Since the start; p50 and p99 are estimated from the histograms' buckets. Overhead is the time "
           "that the sidecar itself took.</small>\n";
}

std::string statuses(const HttpServerSummary& traffic) {
    constexpr std::array<std::string_view, 6> names{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    std::string rows;
    for (const std::size_t i : {1U, 2U, 3U, 4U, 5U, 0U})
        if (traffic.by_class[i] > 0)
            rows += row(std::string{names[i]}, {"<span id=\"status-" + std::string{names[i]} + "\">" +
                                                    std::to_string(traffic.by_class[i]) + "</span>",
                                                share(traffic.by_class[i], traffic.requests)});
    return table("Answers", {"status", "requests", "share"}, rows);
}

std::string errors(const HttpServerSummary& traffic) {
    std::string rows;
    for (std::size_t i = 0; i < std::min(traffic.errors.size(), rows_max); ++i) {
        const HttpServerSummary::Error& error = traffic.errors[i];
        rows += row(escaped(error.type), {std::to_string(error.count), share(error.count, traffic.requests)});
    }
    return table("Errors, the most frequent", {"error_type", "requests", "share"}, rows);
}

std::string routes(const HttpServerSummary& traffic) {
    std::string rows;
    for (std::size_t i = 0; i < std::min(traffic.routes.size(), rows_max); ++i) {
        const HttpServerSummary::Route& route = traffic.routes[i];
        rows += row(route.route.empty() ? "no route" : escaped(route.route),
                    {std::to_string(route.requests), std::to_string(route.errors), readable(route.latency.p50),
                     readable(route.latency.p99)});
    }
    return table("Routes, the busiest", {"route", "requests", "errors", "p50", "p99"}, rows);
}

std::string endpoints(const upstream::Summary& calls) {
    const std::string all = std::to_string(calls.healthy + calls.ejected);
    if (calls.ejected == 0) return all;
    return "<span class=\"bad\">" + std::to_string(calls.healthy) + " of " + all + "</span>";
}

std::string circuit(const upstream::Summary& calls) {
    if (calls.circuit.empty()) return "–";
    const std::string state = escaped(calls.circuit) + (calls.shadow ? " (shadow)" : "");
    return calls.circuit == "closed" || calls.shadow ? state : "<span class=\"bad\">" + state + "</span>";
}

std::string upstreams(std::span<const upstream::Summary> all) {
    std::string rows;
    for (const upstream::Summary& calls : all)
        rows += row(escaped(calls.name),
                    {std::to_string(calls.calls), std::to_string(calls.failed), share(calls.failed, calls.calls),
                     std::to_string(calls.retries), std::to_string(calls.refused), circuit(calls), endpoints(calls),
                     std::to_string(calls.ejections)});
    return table("Calls to others", {"upstream", "calls", "errors", "error rate", "retries", "refused", "circuit",
                                     "endpoints", "ejections"}, rows);
}

std::string streams(const HttpServerSummary& traffic) {
    std::string rows;
    for (const HttpServerSummary::Stream& stream : traffic.streams)
        rows += row(std::string{to_string(stream.kind)}, {std::to_string(stream.active), std::to_string(stream.ended)});
    return table("Streams", {"kind", "go on", "ended"}, rows);
}

std::string navigation(std::span<const Link> links) {
    std::string html = "<h2>Pages</h2>\n<nav>\n";
    for (const Link& link : links) {
        const std::string path{link.path};
        html += link.posted ? "<span>POST " + path + "</span>\n" : "<a href=\"" + path + "\">" + path + "</a>\n";
    }
    return html + "</nav>\n";
}

}  // namespace

std::string front_page(const FrontPageFacts& facts) {
    const std::string service = escaped(facts.service);
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
           "<meta http-equiv=\"refresh\" content=\"" +
           std::to_string(front_page_refresh_seconds) + "\">\n<title>" + service + " – outrigger</title>\n" +
           std::string{style} + "</head><body>\n<header><h1>" + service + "</h1>" + state(facts) +
           "<span>up for <span id=\"uptime\">" + readable_uptime(facts.uptime) + "</span></span><span>outrigger " +
           escaped(facts.version) + "</span></header>\n" + headline(facts.traffic) + statuses(facts.traffic) +
           errors(facts.traffic) + routes(facts.traffic) + upstreams(facts.upstreams) + streams(facts.traffic) +
           "<h2>Health</h2>\n<pre id=\"health\">" + escaped(facts.health) + "</pre>\n" + navigation(facts.links) +
           "</body></html>\n";
}

}  // namespace outrigger::admin
