// SPDX-License-Identifier: Apache-2.0
// Instruments and pages beside prometheus-cpp's, in one run.
#include <outrigger/metrics/registry.hpp>

#include <benchmark/benchmark.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace outrigger;

constexpr double value = 0.012345678;
const metrics::Bounds sixteen = metrics::duration_bounds();

// One series each, shared by the threads of one benchmark.
class Instruments : public benchmark::Fixture {
public:
    metrics::Registry registry;
    metrics::Counter counter = registry.counter("ours_total", "h");
    metrics::Histogram histogram = registry.histogram("classic_seconds", "h", {sixteen});
    metrics::NativeHistogram native = registry.native_histogram("native_seconds", "h");
    prometheus::Counter their_counter;
    prometheus::Histogram their_histogram{sixteen};
};

#define OUTRIGGER_BESIDE(NAME, CALL)                                \
    BENCHMARK_DEFINE_F(Instruments, NAME)(benchmark::State & state) { \
        for (auto _ : state) CALL;                                  \
    }                                                               \
    BENCHMARK_REGISTER_F(Instruments, NAME)->ThreadRange(1, 2)->UseRealTime()

OUTRIGGER_BESIDE(counter_ours, counter.increment());
OUTRIGGER_BESIDE(counter_prometheus_cpp, their_counter.Increment());
OUTRIGGER_BESIDE(histogram_ours, histogram.observe(value));
OUTRIGGER_BESIDE(histogram_prometheus_cpp, their_histogram.Observe(value));
OUTRIGGER_BESIDE(native_ours, native.observe(value));

// Values that no predictor knows.
std::vector<double> mixed_values() {
    std::vector<double> values;
    std::uint64_t state = 1;
    for (int i = 0; i < 4096; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        values.push_back(static_cast<double>(state >> 40) / 1e6);   // up to 16.8
    }
    return values;
}
const std::vector<double> mixed = mixed_values();
std::size_t next(std::size_t& at) { return at = (at + 1) % 4096; }

BENCHMARK_F(Instruments, histogram_ours_mixed)(benchmark::State& state) {
    std::size_t at = 0;
    for (auto _ : state) histogram.observe(mixed[next(at)]);
}
BENCHMARK_F(Instruments, histogram_prometheus_cpp_mixed)(benchmark::State& state) {
    std::size_t at = 0;
    for (auto _ : state) their_histogram.Observe(mixed[next(at)]);
}
BENCHMARK_F(Instruments, native_ours_mixed)(benchmark::State& state) {
    std::size_t at = 0;
    for (auto _ : state) native.observe(mixed[next(at)]);
}

// Found by three label values each time.
BENCHMARK_DEFINE_F(Instruments, look_up_ours)(benchmark::State& state) {
    const auto family = registry.counter("found_total", "h", metrics::labels("method", "route", "status"));
    for (auto _ : state) family.with("GET", "/users/{id}/orders", "200").increment();
}
BENCHMARK_REGISTER_F(Instruments, look_up_ours)->ThreadRange(1, 2)->UseRealTime();

void look_up_prometheus_cpp(benchmark::State& state) {
    static prometheus::Registry registry;
    static auto& family = prometheus::BuildCounter().Name("found_total").Help("h").Register(registry);
    for (auto _ : state)
        family.Add({{"method", "GET"}, {"route", "/users/{id}/orders"}, {"status", "200"}}).Increment();
}
BENCHMARK(look_up_prometheus_cpp)->ThreadRange(1, 2)->UseRealTime();

constexpr int page_series = 100'000;

std::string route(int i) { return "/path/" + std::to_string(i); }

struct OurPage {
    OurPage() {
        const auto family = registry.counter("requests_total", "Requests.", metrics::labels("method", "route"),
                                             {.series_max = page_series});
        for (int i = 0; i < page_series; ++i) family.with("GET", route(i)).increment(i * 7);
    }
    metrics::Registry registry;
};

void collect_100k_ours(benchmark::State& state) {
    const OurPage page;
    for (auto _ : state) benchmark::DoNotOptimize(page.registry.collect());
}
BENCHMARK(collect_100k_ours)->Unit(benchmark::kMillisecond);

void text_page_100k_ours(benchmark::State& state) {
    const OurPage page;
    std::size_t bytes = 0;
    for (auto _ : state) bytes = page.registry.text_page().size();
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(text_page_100k_ours)->Unit(benchmark::kMillisecond);

void text_page_100k_prometheus_cpp(benchmark::State& state) {
    prometheus::Registry registry;
    auto& family = prometheus::BuildCounter().Name("requests_total").Help("Requests.").Register(registry);
    for (int i = 0; i < page_series; ++i) family.Add({{"method", "GET"}, {"route", route(i)}}).Increment(i * 7);
    const prometheus::TextSerializer serializer;
    std::size_t bytes = 0;
    for (auto _ : state) bytes = serializer.Serialize(registry.Collect()).size();
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(text_page_100k_prometheus_cpp)->Unit(benchmark::kMillisecond);

}  // namespace
