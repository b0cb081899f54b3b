// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <array>
#include <cmath>
#include <cstdio>

namespace outrigger::resilience {
namespace {

// For people: 250 ms, 4.2 s, 12 s, 3 min.
std::string readable(Duration length) {
    const double seconds = std::chrono::duration<double>{length}.count();
    std::array<char, 32> text{};
    if (seconds < 0.9995)
        std::snprintf(text.data(), text.size(), "%.0f ms", seconds * 1e3);
    else if (seconds < 9.95 && std::fabs(seconds - std::round(seconds)) >= 0.05)
        std::snprintf(text.data(), text.size(), "%.1f s", seconds);
    else if (seconds < 119.5)
        std::snprintf(text.data(), text.size(), "%.0f s", seconds);
    else
        std::snprintf(text.data(), text.size(), "%.0f min", seconds / 60.0);
    return text.data();
}

std::string of_calls(std::uint64_t part, const CircuitReport& report, std::string_view how) {
    std::string text = std::to_string(part) + " of " + std::to_string(report.calls.calls) + ' ' + std::string{how};
    return report.window ? text + " in " + readable(*report.window) : text;
}

std::string passing_calls(const CircuitReport& report) {
    if (report.calls.calls == 0) return "no calls" + (report.window ? " in " + readable(*report.window) : "");
    std::string text = of_calls(report.calls.failures, report, "failed");
    return report.calls.slow == 0 ? text : text + ", " + std::to_string(report.calls.slow) + " were slow";
}

std::string in_words(const CircuitReport& report) {
    switch (report.state) {
        case CircuitState::closed: return "closed: " + passing_calls(report);
        case CircuitState::recovering:
            return "recovering: lets " + std::to_string(std::lround(report.passing.fraction() * 100.0)) +
                   "% of the calls pass, all in " + readable(report.left);
        case CircuitState::open:
            return "open: " + why_opened(report) + ", probing " +
                   (report.left > Duration::zero() ? "in " + readable(report.left) : "with the next call");
        case CircuitState::half_open:
            return "half-open: " + std::to_string(report.probes_succeeded) + " of " + std::to_string(report.probes) +
                   " probes succeeded, " + std::to_string(report.probes_under_way) + " under way; it was open because " +
                   why_opened(report);
        case CircuitState::forced_open: return "open by hand, until released";
        case CircuitState::forced_closed: return "closed by hand, until released: " + passing_calls(report);
    }
    return {};
}

}  // namespace

std::string why_opened(const CircuitReport& report) {
    switch (report.opened_by.value_or(OpenedBy::failure_rate)) {
        case OpenedBy::failure_rate: return of_calls(report.calls.failures, report, "failed");
        case OpenedBy::slow_rate: return of_calls(report.calls.slow, report, "were slow");
        case OpenedBy::consecutive_failures: return "too many failures in a row";
        case OpenedBy::failed_probe: return "a probe failed";
    }
    return {};
}

std::string explain(const CircuitReport& report) {
    return report.shadow ? in_words(report) + " (shadow: every call passes)" : in_words(report);
}

}  // namespace outrigger::resilience
