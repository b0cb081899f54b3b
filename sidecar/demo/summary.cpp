// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include <outrigger/core/units_text.hpp>

#include "sidecar/demo/readable.hpp"

namespace outrigger::demo {
namespace {

std::string hint(const std::string& command, std::string_view what, Style style) {
    return "  " + to_left(command, 48) + style.faint(what) + "\n";
}

std::string table_line(const RouteResult& route, Style style) {
    const std::string errors = to_right(std::to_string(route.errors), 8);
    return "  " + to_left(route.name, 24) + to_right(std::to_string(route.requests), 10) +
           (route.errors > 0 ? style.red(errors) : errors) + to_right(readable(route.p50), 11) +
           to_right(readable(route.p95), 11) + to_right(readable(route.max), 11) + "\n";
}

// Of the callees.
constexpr std::array<std::string_view, callees.size()> about{
    "three servers; one will break", "fails now and then", "stuck now and then; will hang"};

// "the load sent 796: they agree"
std::string verdict(std::uint64_t counted_there, std::uint64_t seen_here, std::string_view seen,
                    Style style) {
    std::string text = std::string{seen} + ' ' + std::to_string(seen_here) + ": ";
    if (counted_there == seen_here) return text + style.green("they agree");
    if (counted_there < seen_here)
        return text + style.red(std::to_string(seen_here - counted_there) + " missing");
    return text + std::to_string(counted_there - seen_here) + " more, so somebody else has called too";
}

std::string figure_line(std::string_view name, std::uint64_t value, const std::string& remark) {
    return "  " + to_left(name, 15) + to_right(std::to_string(value), 8) + "   " + remark + "\n";
}

}  // namespace

std::string opening(const Proxy& proxy, std::uint16_t gateway, Duration duration, Rate rate, Style style) {
    const std::string inbound = "http://" + proxy.inbound;
    const std::string admin = "http://" + proxy.admin;
    std::string text = style.bold("outrigger demo: a small shop, the sidecar before and behind it, " +
                                  to_string(duration) + " of gentle load") +
                       "\n\n";
    const auto line = [&](std::string_view who, const std::string& where, std::string_view what) {
        text +=
            "  " + to_left(who, 27) + (what.empty() ? where : to_left(where, 25) + style.faint(what)) + "\n";
    };
    line("load", std::to_string(std::lround(rate.per_second())) + " requests a second", "");
    line("-> sidecar", inbound, "times, counts and logs every request");
    line("   -> gateway", "http://127.0.0.1:" + std::to_string(gateway), "the shop's front door");
    for (std::size_t i = 0; i < std::min(callees.size(), proxy.upstreams.size()); ++i)
        line("      -> sidecar -> " + std::string{callees[i]}, "http://" + proxy.upstreams[i], about[i]);
    text += style.faint(
        "  The gateway makes every call twice: with policies, and without them for comparison.\n\n");
    text += style.bold("Look inside while it runs") + "\n";
    text += hint("open " + admin + "/", "the sidecar's own page", style);
    text += hint("curl " + admin + "/metrics", "its metrics, for Prometheus", style);
    text += hint("curl " + admin + "/api/requests", "what failed or was retried, explained", style);
    text += hint("curl -i " + inbound + "/users/7", "a request of your own", style);
    text += hint("curl -i " + inbound + "/flaky", "one that fails now and then", style);
    if (!proxy.log_file.empty()) text += hint("tail -f " + proxy.log_file, "a log line per request", style);
    return text + hint("Ctrl-C", "ends it early", style) + "\n";
}

std::string table(const Results& results, Style style) {
    std::string text = style.bold("What the load saw: " + counted(results.all.requests, "request") + " in " +
                                  readable(results.took) + ", " + counted(results.all.errors, "error")) +
                       "\n";
    text += style.faint("  " + to_left("route", 24) + to_right("requests", 10) + to_right("errors", 8) +
                        to_right("p50", 11) + to_right("p95", 11) + to_right("max", 11)) +
            "\n";
    for (const RouteResult& route : results.routes) text += table_line(route, style);
    if (results.routes.size() > 1) text += table_line(results.all, style);
    return text + "\n";
}

std::string agreement(const std::optional<Figures>& figures, const Results& results, const Comparison& calls,
                      const std::string& metrics_url, Style style) {
    std::string text = style.bold("What the sidecar counted, from " + metrics_url) + "\n";
    if (!figures) return text + "  " + style.red("the page could not be read") + "\n\n";
    const auto [with, without] = all_of(calls);
    const auto line = [&](std::string_view name, std::uint64_t counted_there, std::uint64_t here,
                          std::string_view seen) {
        text += figure_line(name, counted_there, verdict(counted_there, here, seen, style));
    };
    line("requests", figures->requests, results.reached, "the load sent");
    line("errors", figures->failures, results.all.errors, "the load saw");
    line("calls", figures->calls(), with.calls + without.calls, "the gateway made");
    line("failed calls", figures->failed_calls(), with.errors + without.errors, "the gateway saw");
    text += figure_line("in flight", figures->in_flight,
                        figures->in_flight == 0 ? "everything has been answered" : "not answered yet");
    return text + "\n";
}

}  // namespace outrigger::demo
