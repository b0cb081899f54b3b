// SPDX-License-Identifier: Apache-2.0
// Load generator and origin in one thread; one line of JSON tells what came of it. README.md beside this file.
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "bench/load/load.hpp"

namespace {

using namespace outrigger;
using bench::Mode;

constexpr char usage[] =
    "usage: outrigger_load --target ADDRESS --origin ADDRESS [--connections N] MODE\n"
    "  ADDRESS   127.0.0.1:PORT or unix:/PATH; the origin listens at its own, the proxy must call it there\n"
    "  MODE      --seconds S [--warm-up S]            as fast as the proxy answers\n"
    "            --requests N                         the same, for exactly N requests\n"
    "            --rate R --seconds S [--warm-up S]   R requests a second, whether or not replies come\n"
    "            --idle                               one request per connection, then open until stdin ends\n";

struct WrongUsage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

double number(std::string_view name, std::string_view text) {
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && value >= 0 && value <= 1e9) return value;
    throw WrongUsage("not a number: " + std::string{name} + " " + std::string{text});
}

Duration seconds(double count) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{count});
}

// True if the name was one of those that take a value.
bool read_option(bench::LoadSettings& settings, std::string_view name, std::string_view value) {
    if (name == "--target") settings.target = bench::parse_address(value);
    else if (name == "--origin") settings.origin = bench::parse_address(value);
    else if (name == "--connections") settings.connections = static_cast<std::size_t>(number(name, value));
    else if (name == "--seconds") settings.length = seconds(number(name, value));
    else if (name == "--warm-up") settings.warm_up = seconds(number(name, value));
    else if (name == "--requests") settings.requests = static_cast<std::uint64_t>(number(name, value));
    else if (name == "--rate") settings.rate = Rate::per_second(number(name, value)).value();
    else return false;
    return true;
}

bench::LoadSettings read_arguments(std::span<char* const> arguments) {
    bench::LoadSettings settings;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--idle") {
            settings.mode = Mode::idle;
        } else if (i + 1 == arguments.size() || !read_option(settings, name, arguments[++i])) {
            throw WrongUsage("unknown, or without its value: " + std::string{name});
        }
    }
    if (settings.rate.per_second() > 0) settings.mode = Mode::rate;
    if (settings.requests > 0) settings.mode = Mode::count;
    const bool complete = settings.target.length > 0 && settings.origin.length > 0 && settings.connections > 0;
    if (!complete) throw WrongUsage("--target and --origin are needed, and at least one connection");
    return settings;
}

double microseconds(Duration length) {
    return std::chrono::duration<double, std::micro>(length).count();
}

Ratio share(double fraction) {
    return Ratio::from_fraction(fraction).value();
}

double plain_seconds(Duration length) {
    return std::chrono::duration<double>(length).count();
}

void print_count(const char* name, std::uint64_t value) {
    std::printf("\"%s\": %llu, ", name, static_cast<unsigned long long>(value));
}

void print(const bench::LoadReport& report) {
    const auto& latencies = report.latencies;
    const double length = plain_seconds(report.measured_for);
    const double per_second = length > 0 ? static_cast<double>(latencies.count()) / length : 0.0;
    std::printf("{");
    print_count("requests", report.requests);
    print_count("origin_requests", report.origin_requests);
    print_count("unsent", report.unsent);
    print_count("measured", latencies.count());
    std::printf("\"seconds\": %.6f, \"wall_seconds\": %.6f, \"cpu_seconds\": %.6f, \"requests_per_second\": %.1f, ",
                length, plain_seconds(report.wall), plain_seconds(report.cpu), per_second);
    std::printf("\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f}\n",
                microseconds(latencies.quantile(share(0.5))), microseconds(latencies.quantile(share(0.9))),
                microseconds(latencies.quantile(share(0.99))), microseconds(latencies.quantile(share(0.999))),
                microseconds(latencies.longest_seen()));
}

// 1 us, 2 us ... 1000 us: every quantile within the histogram's promise.
consteval bool the_histogram_keeps_its_promise() {
    bench::LatencyHistogram histogram;
    for (int i = 1; i <= 1000; ++i) histogram.record(std::chrono::microseconds{i});
    for (const double wanted : {0.001, 0.25, 0.5, 0.9, 0.99, 0.999}) {
        const double found = static_cast<double>(histogram.quantile(Ratio::from_fraction(wanted).value()).count());
        const double exact = (wanted * 1000 + 1) * 1000;
        if (found < exact * 0.99 || found > exact * 1.01) return false;
    }
    return histogram.count() == 1000 && histogram.longest_seen() == std::chrono::milliseconds{1};
}
static_assert(the_histogram_keeps_its_promise());

}  // namespace

int main(int count, char** arguments) try {
    bench::Load load{read_arguments(std::span<char* const>{arguments + 1, static_cast<std::size_t>(count - 1)})};
    print(load.run());
    return 0;
} catch (const WrongUsage& wrong) {
    std::fprintf(stderr, "outrigger_load: %s\n%s", wrong.what(), usage);
    return 2;
} catch (const std::exception& failure) {
    std::fprintf(stderr, "outrigger_load: %s\n", failure.what());
    return 1;
}
