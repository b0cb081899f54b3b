// SPDX-License-Identifier: Apache-2.0
// What an exchange's telemetry costs its worker, and what its parts cost.
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/logging/writer.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace outrigger;
using namespace std::chrono_literals;

// A browser's request, with everything that the sidecar knows about it.
middleware::ExchangeEnded exchange() {
    return {.method = "GET",
            .path = "/users/7/orders?page=2&size=50",
            .route = {3, "/users/{id}/orders"},
            .status = 200,
            .request_id = "4f1c8a52-0c7e-4b5e-9a55-3d0f2b1c6e7d",
            .trace_id = "0af7651916cd43dd8448eb211c80319c",
            .span_id = "b7ad6b7169203331",
            .parent_span_id = "00f067aa0ba902b7",
            .client_ip = "10.42.0.17",
            .client_port = 51234,
            .user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            .host = "orders.shop.svc.cluster.local:8080",
            .http_version = "1.1",
            .endpoint = "127.0.0.1:3000",
            .request_body = Bytes{0},
            .response_body = Bytes{5120},
            .started = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}},
            .duration = 12'345'678ns};
}

// A writer whose lines go nowhere.
class Sink {
public:
    Sink() { writer_.start(); }
    ~Sink() { ::close(nowhere_); }
    [[nodiscard]] logging::Writer& writer() noexcept { return writer_; }

private:
    int nowhere_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    logging::Writer writer_{nowhere_, {.capacity = 64_MiB}};
};

void report_lines(benchmark::State& state, const logging::WriterStats& stats) {
    state.counters["dropped"] = static_cast<double>(stats.dropped);
    state.counters["bytes_a_line"] =
        stats.written == 0 ? 0 : static_cast<double>(stats.bytes) / static_cast<double>(stats.written);
}

// Metrics, line, hand-over to the writer's thread.
void emit_with_access_line(benchmark::State& state) {
    Sink sink;
    metrics::HttpServerInstruments instruments;
    auto recorder = instruments.recorder();
    middleware::ExchangeTelemetry telemetry{recorder, sink.writer(), "orders",
                                            middleware::AccessPolicy::all()};
    auto event = exchange();
    for (auto _ : state) {
        event.started += 10us;  // 100,000 exchanges a second
        telemetry.emit(event);
    }
    sink.writer().flush(10s);
    report_lines(state, sink.writer().stats());
}
BENCHMARK(emit_with_access_line);

// The same without the line: what metrics and sampling cost.
void emit_sampled_out(benchmark::State& state) {
    Sink sink;
    metrics::HttpServerInstruments instruments;
    auto recorder = instruments.recorder();
    middleware::ExchangeTelemetry telemetry{recorder, sink.writer(), "orders",
                                            middleware::AccessPolicy::sampled(0_percent, 1s)};
    const auto event = exchange();
    for (auto _ : state) telemetry.emit(event);
}
BENCHMARK(emit_sampled_out);

// Eight fields of all kinds, the task that costs nlohmann::json 1.8 microseconds.
void json_of_eight_fields(benchmark::State& state) {
    std::vector<char> buffer;
    int count = 0;
    for (auto _ : state) {
        logging::JsonWriter json{buffer};
        json.field("@timestamp", "2026-11-20T10:12:18.123456Z");
        json.field("log.level", "info");
        json.field("message", "order placed");
        json.field("order", ++count);
        json.field("total", 129.95);
        json.field("paid", true);
        json.field("customer", "gr\xc3\xbc\xc3\x9f \"quoted\"");
        json.field("trace.id", "0af7651916cd43dd8448eb211c80319c");
        benchmark::DoNotOptimize(json.finish());
    }
}
BENCHMARK(json_of_eight_fields);

void timestamp(benchmark::State& state) {
    logging::Timestamp timestamp;
    auto at = exchange().started;
    for (auto _ : state) {
        at += 10us;
        benchmark::DoNotOptimize(timestamp.write(at));
    }
}
BENCHMARK(timestamp);

// Callers that hand 700-byte lines to one writer. The fixture is shared by the threads.
class Append : public benchmark::Fixture {
public:
    void SetUp(const benchmark::State& state) override {
        if (state.thread_index() == 0) sink = std::make_unique<Sink>();
    }
    void TearDown(const benchmark::State& state) override {
        if (state.thread_index() == 0) sink.reset();
    }
    std::unique_ptr<Sink> sink;
};

BENCHMARK_DEFINE_F(Append, lines)(benchmark::State& state) {
    const std::string line = std::string(699, 'x') + '\n';
    for (auto _ : state) benchmark::DoNotOptimize(sink->writer().append(line));
    if (state.thread_index() != 0) return;
    sink->writer().flush(10s);
    report_lines(state, sink->writer().stats());
}
BENCHMARK_REGISTER_F(Append, lines)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
