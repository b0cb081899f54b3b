// SPDX-License-Identifier: Apache-2.0
// A page of 100,000 series: collecting and writing it, beside prometheus-cpp's Collect and TextSerializer.
#include <benchmark/benchmark.h>

#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <memory>
#include <string>
#include <vector>

#include <outrigger/metrics/page.hpp>
#include <outrigger/metrics/parse_page.hpp>

namespace {

using namespace outrigger::metrics;

constexpr int series_count = 100'000;

std::string route(int i) { return "/api/v1/things/" + std::to_string(i % 1000); }

void prometheus_cpp_text(benchmark::State& state) {
    prometheus::Registry registry;
    auto& family = prometheus::BuildCounter().Name("things_total").Help("Things.").Register(registry);
    for (int i = 0; i < series_count; ++i)
        family.Add({{"method", "GET"}, {"route", route(i)}, {"shard", std::to_string(i / 1000)}}).Increment(i);
    std::size_t size = 0;
    for (auto _ : state) size = prometheus::TextSerializer{}.Serialize(registry.Collect()).size();
    state.counters["bytes"] = static_cast<double>(size);
}

// What a collect of counters comes to: a copy of each series' shared labels and its value.
class Counters {
public:
    Counters() {
        for (int i = 0; i < series_count; ++i) {
            const std::string path = route(i);
            const std::string shard = std::to_string(i / 1000);
            series_.push_back({.labels = {{"method", "GET"}, {"route", path}, {"shard", shard}},
                               .value = static_cast<double>(i)});
        }
    }
    [[nodiscard]] std::vector<MetricFamily> collect() const {
        return {{.name = "things_total", .help = "Things.", .type = MetricType::counter, .numbers = series_}};
    }

private:
    std::vector<NumberSeries> series_;
};

void outrigger_page(benchmark::State& state, PageFormat format) {
    const Counters counters;
    std::size_t size = 0;
    for (auto _ : state) size = write_page(counters.collect(), format).size();
    state.counters["bytes"] = static_cast<double>(size);
}

void outrigger_gzip(benchmark::State& state) {
    const std::string page = write_page(Counters{}.collect(), PageFormat::text);
    std::size_t size = 0;
    for (auto _ : state) size = gzip(page).size();
    state.counters["bytes"] = static_cast<double>(size);
}

void outrigger_read(benchmark::State& state) {
    const std::string page = write_page(Counters{}.collect(), PageFormat::text);
    for (auto _ : state) benchmark::DoNotOptimize(parse_page(page, PageFormat::text).families.size());
}

BENCHMARK(prometheus_cpp_text)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(outrigger_page, text, PageFormat::text)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(outrigger_page, openmetrics, PageFormat::openmetrics)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(outrigger_page, protobuf, PageFormat::protobuf)->Unit(benchmark::kMillisecond);
BENCHMARK(outrigger_read)->Unit(benchmark::kMillisecond);
BENCHMARK(outrigger_gzip)->Unit(benchmark::kMillisecond);

}  // namespace
