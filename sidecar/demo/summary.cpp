// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string_view>

#include <outrigger/core/units_text.hpp>

#include "sidecar/demo/readable.hpp"

namespace outrigger::demo {
namespace {

constexpr std::size_t columns = 90;
constexpr std::size_t failures_shown = 4;

std::string url(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

std::string hint(const std::string& command, std::string_view what, Style style) {
    return "  " + to_left(command, 48) + style.faint(what) + "\n";
}

// "1 request", "2 requests"
std::string counted(std::uint64_t count, std::string_view noun) {
    return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

std::string table_line(const RouteResult& route, Style style) {
    const std::string errors = to_right(std::to_string(route.errors), 8);
    return "  " + to_left(route.name, 24) + to_right(std::to_string(route.requests), 10) +
           (route.errors > 0 ? style.red(errors) : errors) + to_right(readable(route.p50), 11) +
           to_right(readable(route.p95), 11) + to_right(readable(route.max), 11) + "\n";
}

// The sidecar's own answers first, the others after them.
std::vector<Failure> worth_showing(const std::vector<Failure>& failures) {
    std::vector<Failure> shown;
    const auto by_sidecar = [](const Failure& failure) { return !failure.reason.empty(); };
    std::copy_if(failures.begin(), failures.end(), std::back_inserter(shown), by_sidecar);
    std::remove_copy_if(failures.begin(), failures.end(), std::back_inserter(shown), by_sidecar);
    shown.resize(std::min(shown.size(), failures_shown));
    return shown;
}

std::string failure_text(const Failure& failure, Style style) {
    const std::string after = " after " + readable(failure.took);
    std::string head;
    if (failure.status == 0)
        head = "no answer to " + failure.request + after;
    else
        head = std::to_string(failure.status) + ' ' + failure.request + after +
               (failure.reason.empty() ? ", answered by the shop"
                                       : ", answered by the sidecar: " + failure.reason);
    std::string text = "  " + head + "\n";
    if (!failure.words.empty()) text += wrapped('"' + failure.words + '"', 6, columns);
    if (!failure.request_id.empty())
        text += "      " + style.faint("request id " + failure.request_id) + "\n";
    return text;
}

// "the load sent 796: they agree"
std::string verdict(std::uint64_t counted_there, std::uint64_t seen_here, std::string_view seen,
                    Style style) {
    std::string text = "the load " + std::string{seen} + ' ' + std::to_string(seen_here) + ": ";
    if (counted_there == seen_here) return text + style.green("they agree");
    if (counted_there < seen_here)
        return text + style.red(std::to_string(seen_here - counted_there) + " missing");
    return text + std::to_string(counted_there - seen_here) + " more, so somebody else has called too";
}

std::string figure_line(std::string_view name, std::uint64_t value, const std::string& remark) {
    return "  " + to_left(name, 12) + to_right(std::to_string(value), 8) + "   " + remark + "\n";
}

}  // namespace

std::string opening(const Stage& stage, Duration duration, Rate rate, Style style) {
    const std::string inbound = "http://" + stage.proxy.inbound;
    const std::string admin = "http://" + stage.proxy.admin;
    const std::string per_second = std::to_string(std::lround(rate.per_second())) + " requests a second";
    std::string text = style.bold("outrigger demo: a small shop, the sidecar in front of it, and " +
                                  to_string(duration) + " of gentle load") +
                       "\n\n";
    const auto line = [&](std::string_view who, const std::string& where, std::string_view what) {
        text +=
            "  " + to_left(who, 17) + (what.empty() ? where : to_left(where, 31) + style.faint(what)) + "\n";
    };
    line("load", per_second, "");
    line("-> sidecar", inbound, "times, counts and logs every request");
    line("   -> gateway", url(stage.gateway), "the shop's front door");
    line("      -> users", url(stage.users), "");
    line("      -> orders", url(stage.orders), "slow at times, and failing at times");
    text += "\n" + style.bold("Look inside while it runs") + "\n";
    text += hint("open " + admin + "/", "the sidecar's own page", style);
    text += hint("curl " + admin + "/metrics", "its metrics, for Prometheus", style);
    text += hint("curl " + admin + "/health", "is the shop well?", style);
    text += hint("curl -i " + inbound + "/users/7", "a request of your own", style);
    text += hint("curl -i " + inbound + "/flaky", "one that fails now and then", style);
    if (!stage.proxy.log_file.empty())
        text += hint("tail -f " + stage.proxy.log_file, "a log line per request", style);
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

std::string failures(const Results& results, const std::string& log_file, Style style) {
    const std::vector<Failure> shown = worth_showing(results.failures);
    if (shown.empty()) return {};
    std::string text = style.bold("Some of the errors, explained") + "\n";
    for (const Failure& failure : shown) text += failure_text(failure, style);
    const auto known =
        std::find_if(shown.begin(), shown.end(), [](const Failure& f) { return !f.request_id.empty(); });
    if (!log_file.empty() && known != shown.end())
        text += "  " + style.faint("in the log: ") + "grep " + known->request_id + " " + log_file + "\n";
    return text + "\n";
}

std::string comparison(const std::optional<Figures>& figures, const Results& results,
                       const std::string& metrics_url, Style style) {
    std::string text = style.bold("What the sidecar counted, from " + metrics_url) + "\n";
    if (!figures) return text + "  " + style.red("the page could not be read") + "\n\n";
    text += figure_line("requests", figures->requests,
                        verdict(figures->requests, results.reached, "sent", style));
    text += figure_line("errors", figures->failures,
                        verdict(figures->failures, results.all.errors, "saw", style));
    text += figure_line("in flight", figures->in_flight,
                        figures->in_flight == 0 ? "every request has been answered" : "not answered yet");
    return text + "\n";
}

std::string log_sample(const std::vector<std::string>& lines, const std::string& log_file, Style style) {
    if (lines.empty()) return {};
    std::string text = style.bold("What the sidecar logged, the last lines of " + log_file) + "\n";
    for (const std::string& line : lines)
        text += (&line == &lines.front() ? "" : "\n") + wrapped(line, 2, columns);
    return text;
}

}  // namespace outrigger::demo
