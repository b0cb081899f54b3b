// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/protection.hpp"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "sidecar/demo/readable.hpp"
#include "sidecar/demo/summary.hpp"

namespace outrigger::demo {
namespace {

std::string heading(std::size_t names, std::size_t width, std::initializer_list<std::string_view> columns_of,
                    Style style) {
    std::string text(2 + names, ' ');
    for (const std::string_view name : columns_of) text += to_right(name, width);
    return style.faint(text) + "\n";
}

std::string results_line(std::string_view name, const CallResults& results, Style style) {
    const std::string errors = to_right(std::to_string(results.errors), 11);
    return "  " + to_left(name, 20) + to_right(std::to_string(results.calls), 11) +
           (results.errors > 0 ? style.red(errors) : style.green(errors)) +
           to_right(readable(results.p50), 11) + to_right(readable(results.p99), 11) +
           to_right(readable(results.waited), 11) + "\n";
}

void append_example(std::string& text, std::string_view what, const std::optional<Explained>& example,
                    Style style) {
    if (!example) return;
    text.append("  ")
        .append(example->request)
        .append(" to ")
        .append(example->upstream)
        .append(", ")
        .append(what)
        .append("\n");
    text += wrapped('"' + example->sentence + '"', 6, columns);
    text += "      " + style.faint("request id " + example->request_id) + "\n";
}

}  // namespace

std::string side_by_side(const Comparison& calls, Style style) {
    const auto [with, without] = all_of(calls);
    if (with.calls + without.calls == 0) return {};
    std::string text =
        style.bold("The gateway's calls: each with policies, and without at the same moment") + "\n";
    text += heading(20, 11, {"calls", "errors", "p50", "p99", "waited"}, style);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (calls[i].with.calls + calls[i].without.calls == 0) continue;
        text += results_line(std::string{callees[i]}, calls[i].with, style);
        text += results_line("  without policies", calls[i].without, style);
    }
    const std::string sentence = counted(with.errors, "error") + " instead of " + std::to_string(without.errors) +
                                 ", and " + readable(with.waited) + " of waiting instead of " +
                                 readable(without.waited) + ".";
    return text + "  " + style.bold(sentence) + "\n";
}

std::string policy_table(const std::optional<Figures>& figures, Style style) {
    if (!figures) return {};
    std::string rows;
    for (const std::string_view callee : callees) {
        const upstream::Summary counted = figures->of(callee);
        if (counted.calls == 0) continue;
        rows += "  " + to_left(callee, 12);
        for (const std::uint64_t value : std::array{counted.attempts, counted.retries, counted.opened,
                                                    counted.refused, counted.ejections})
            rows += to_right(std::to_string(value), 15);
        rows += "\n";
    }
    if (rows.empty()) return {};
    return style.bold("What the policies did") + "\n" +
           heading(12, 15, {"attempts", "retries", "circuit opened", "calls refused", "ejections"}, style) +
           rows + "\n";
}

std::string explained(const Examples& examples, const Proxy& proxy, Style style) {
    const std::optional<Explained>& known = examples.saved ? examples.saved : examples.failed;
    if (!known) return {};
    std::string text =
        style.bold(examples.saved && examples.failed ? "Two calls of the gateway, explained" : "A call of the gateway, explained") +
        "\n";
    append_example(text, "saved by a retry", examples.saved, style);
    append_example(text, "failed", examples.failed, style);
    text += "  " + style.faint("while it ran: ") + "curl 'http://" + proxy.admin +
            "/api/requests?id=" + known->request_id + "'\n";
    if (!proxy.log_file.empty())
        text +=
            "  " + style.faint("in the log:   ") + "grep " + known->request_id + " " + proxy.log_file + "\n";
    return text + "\n";
}

}  // namespace outrigger::demo
