// SPDX-License-Identifier: Apache-2.0
// Recording an exchange, beside prometheus-cpp's histogram with the same buckets, in one run.
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/registry.hpp>

#include <benchmark/benchmark.h>
#include <prometheus/histogram.h>

#include <chrono>
#include <vector>

namespace {

using namespace outrigger;
using namespace std::chrono_literals;

constexpr metrics::HttpCall call{.method = metrics::HttpMethod::get,
                                       .route = {3, "/users/{id}/orders"},
                                       .status = 200,
                                       .duration = 12'345'678ns,
                                       .request_body = Bytes{0},
                                       .response_body = Bytes{5120}};

// Shared by the threads of one benchmark.
class Instruments : public benchmark::Fixture {
public:
    metrics::HttpServerInstruments instruments;
    prometheus::Histogram histogram{
        {.001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}};
};

// Look-up of the series, three histograms. Each thread has its recorder and all count in the same series.
BENCHMARK_DEFINE_F(Instruments, record)(benchmark::State& state) {
    auto recorder = instruments.recorder();
    for (auto _ : state) recorder.record(call);
}
BENCHMARK_REGISTER_F(Instruments, record)->ThreadRange(1, 2)->UseRealTime();

// One histogram, its series found beforehand.
BENCHMARK_DEFINE_F(Instruments, prometheus_cpp_observe)(benchmark::State& state) {
    for (auto _ : state) histogram.Observe(0.012345678);
}
BENCHMARK_REGISTER_F(Instruments, prometheus_cpp_observe)->ThreadRange(1, 2)->UseRealTime();

void begin_and_end(benchmark::State& state) {
    metrics::HttpServerInstruments instruments;
    auto recorder = instruments.recorder();
    for (auto _ : state) benchmark::DoNotOptimize(recorder.begin(metrics::HttpMethod::get));
}
BENCHMARK(begin_and_end);

// 100 series in turn: the look-up no longer predicts.
void record_in_many_series(benchmark::State& state) {
    metrics::HttpServerInstruments instruments;
    auto recorder = instruments.recorder();
    auto one = call;
    for (auto _ : state) {
        one.route.id = (one.route.id + 37) % 100;
        recorder.record(one);
    }
}
BENCHMARK(record_in_many_series);

// A full page: 500 label sets, three histograms each.
void text_page(benchmark::State& state) {
    metrics::Registry registry;
    metrics::HttpServerInstruments instruments;
    registry.absorb(instruments.source());
    auto recorder = instruments.recorder();
    auto one = call;
    for (one.status = 200; one.status < 700; ++one.status) recorder.record(one);
    std::size_t bytes = 0;
    for (auto _ : state) bytes = registry.text_page().size();
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(text_page)->Unit(benchmark::kMillisecond);

}  // namespace
