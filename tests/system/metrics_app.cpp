// SPDX-License-Identifier: Apache-2.0
// A program as a user of the library writes it: it reads observations from stdin, one number a line, up to an empty
// one, and records them.
//
// Usage: metrics_app                                  then prints the port of its /metrics, serves until stdin ends
//        metrics_app URL VERB JOB [LABEL VALUE ...]   then pushes, and prints what went wrong
// VERB: replace, add or remove.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <httplib.h>

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/page.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/push.hpp>

namespace {

using namespace std::string_view_literals;
namespace metrics = outrigger::metrics;

// What a label's value may be, at worst.
constexpr std::string_view strange_values[]{"quote\" backslash\\ newline\n end"sv, "nul\0nul"sv,
                                            "not utf-8: \xff\xc3"sv, "gr\xc3\xbc\xc3\x9f {}=,#"sv};

void record(metrics::Registry& registry, const outrigger::Clock& clock) {
    const auto classic = registry.histogram("work_seconds", "How long work took.",
                                            {.bounds = {0.01, 0.1, 1, 10}}, {.unit = "seconds"});
    const auto native = registry.native_histogram(
        "work_native_seconds", "The same, in native buckets.",
        {.growth_factor = 1.1, .classic_bounds = {0.01, 0.1, 1, 10}}, {.unit = "seconds"});
    const auto count = registry.counter("work_total", "Pieces of work.");
    std::uint64_t number = 0;
    for (std::string line; std::getline(std::cin, line) && !line.empty();) {
        double value = 0.0;
        std::from_chars(line.data(), line.data() + line.size(), value);
        const std::string trace = "trace" + std::to_string(number++);
        const metrics::TraceRef ref{.trace_id = trace, .at = clock.wall()};
        classic.observe(value, ref);
        native.observe(value, ref);
        count.increment(1, ref);
    }
}

void record_others(metrics::Registry& registry) {
    const auto strange = registry.gauge("strange_values", "Label values with \" and \\ and \n in them.",
                                        metrics::labels("value"));
    double number = 0.5;
    for (const std::string_view value : strange_values) strange.with(value).set(number++);
    registry.state_set("door_state", "What the door is.", {.states = {"open", "closed"}}).only(1);
    registry.info("worker_info", "Who works.", {{"version", "1.2.3"}});
}

int push(const metrics::Registry& registry, int count, char** arguments) {
    outrigger::middleware::PushSettings settings{.url = arguments[1], .group = {.job = arguments[3]}};
    for (int i = 4; i + 1 < count; i += 2) settings.group.labels.emplace_back(arguments[i], arguments[i + 1]);
    const std::string_view verb = arguments[2];
    const auto outcome = outrigger::middleware::push(registry, settings,
                                                     verb == "replace" ? metrics::PushVerb::replace
                                                     : verb == "add"   ? metrics::PushVerb::add
                                                                       : metrics::PushVerb::remove);
    std::printf("%s\n", outcome.why.c_str());
    return outcome.ok ? 0 : 1;
}

int serve(const metrics::Registry& registry) {
    httplib::Server server;
    server.Get("/metrics", [&registry](const httplib::Request& request, httplib::Response& response) {
        const metrics::PageFormat format = metrics::negotiate_format(request.get_header_value("Accept"));
        std::string page = metrics::write_page(registry.collect(), format);
        if (metrics::accepts_gzip(request.get_header_value("Accept-Encoding"))) {
            page = metrics::gzip(page);
            response.set_header("Content-Encoding", "gzip");
        }
        response.set_content(page, std::string{metrics::content_type(format)});
    });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread serving{[&server] { server.listen_after_bind(); }};
    std::printf("%d\n", port);
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) continue;
    server.stop();
    serving.join();
    return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
    const outrigger::SystemClock clock;
    metrics::Registry registry;
    record(registry, clock);
    if (argument_count > 3) return push(registry, argument_count, arguments);
    record_others(registry);
    return serve(registry);
}
