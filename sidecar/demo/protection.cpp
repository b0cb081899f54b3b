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

std::string heading(std::string_view first, std::initializer_list<std::string_view> others, std::size_t width, Style style) {
    std::string text = "  " + to_left(first, 20);
    for (const std::string_view name : others) text += to_right(name, width);
    return style.faint(text) + "\n";
}

std::string results_line(std::string_view name, const CallResults& results, Style style) {
    const std::string errors = to_right(std::to_string(results.errors), 11);
    return "  " + to_left(name, 20) + to_right(std::to_string(results.calls), 11) +
           (results.errors > 0 ? style.red(errors) : style.green(errors)) + to_right(readable(results.p50), 11) +
           to_right(readable(results.p99), 11) + to_right(readable(results.waited), 11) + "\n";
}

void append_example(std::string& text, std::string_view what, const std::optional<Explained>& example, Style style) {
    if (!example) return;
    text.append("  ").append(example->request).append(" to ").append(example->upstream).append(", ").append(what).append("\n");
    text += wrapped('"' + example->sentence + '"', 6, columns);
    text += "      " + style.faint("request id " + example->request_id) + "\n";
}

}  // namespace

std::string side_by_side(const Comparison& calls, Style style) {
    std::string text = style.bold("The gateway's calls: each with policies, and without at the same moment") + "\n";
    text += heading("", {"calls", "errors", "p50", "p99", "waited"}, 11, style);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (calls[i].with.calls + calls[i].without.calls == 0) continue;
        text += results_line(std::string{callees[i]}, calls[i].with, style);
        text += results_line("  without policies", calls[i].without, style);
    }
    return text + "\n";
}

std::string policy_table(const std::optional<Figures>& figures, Style style) {
    if (!figures) return {};
    std::string text = style.bold("What the policies did") + "\n";
    text += heading("", {"attempts", "retries", "circuit opened", "calls refused", "ejections"}, 14, style);
    for (const std::string_view callee : callees) {
        const upstream::Summary counted = figures->of(callee);
        if (counted.calls == 0) continue;
        text += "  " + to_left(callee, 20);
        for (const std::uint64_t value : std::array{counted.attempts, counted.retries, counted.opened, counted.refused,
                                                    counted.ejections})
            text += to_right(std::to_string(value), 14);
        text += "\n";
    }
    return text + "\n";
}

std::string explained(const Examples& examples, const Proxy& proxy, Style style) {
    const std::optional<Explained>& known = examples.saved ? examples.saved : examples.failed;
    if (!known) return {};
    std::string text = style.bold("Two of them explained, as the page does it while the sidecar runs") + "\n";
    append_example(text, "saved by a retry", examples.saved, style);
    append_example(text, "failed", examples.failed, style);
    text += "  " + style.faint("its timeline: ") + "curl 'http://" + proxy.admin +
            "/api/requests?id=" + known->request_id + "'\n";
    if (!proxy.log_file.empty())
        text += "  " + style.faint("in the log:   ") + "grep " + known->request_id + " " + proxy.log_file + "\n";
    return text + "\n";
}

}  // namespace outrigger::demo
