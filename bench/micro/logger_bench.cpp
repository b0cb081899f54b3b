// SPDX-License-Identifier: Apache-2.0
// What a log call with four fields costs its caller, by where the record goes; beside spdlog's asynchronous logger with
// a JSON pattern and the same four fields in its message.
#include <outrigger/logging/logger.hpp>
#include <outrigger/logging/record_queue.hpp>
#include <outrigger/logging/writer.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

#if defined(OUTRIGGER_WITH_SPDLOG)
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#endif

namespace {

using namespace outrigger;
using namespace outrigger::logging;

class Nowhere final : public Sink {
public:
    bool take(std::string_view record, Level) noexcept override {
        benchmark::DoNotOptimize(record.data());
        return true;
    }
    bool flush(Duration) noexcept override { return true; }
};

// A queue whose records are thrown away by a thread of its own, woken as the shipping thread is.
class Queue final : public Sink {
public:
    Queue() : thread_{[this] { run(); }} {}
    ~Queue() override {
        ending_ = true;
        wake();
        thread_.join();
    }
    bool take(std::string_view record, Level level) noexcept override {
        switch (queue_.push(record, severity_of(level))) {
            case RecordQueue::Pushed::full: return false;
            case RecordQueue::Pushed::much: wake(); break;
            case RecordQueue::Pushed::first:   // the shipping thread would wait for more
            case RecordQueue::Pushed::taken: break;
        }
        return true;
    }
    bool flush(Duration) noexcept override { return true; }

private:
    void wake() noexcept {
        ++wakes_;
        wakes_.notify_one();
    }
    void run() {
        for (std::uint32_t seen = 0; !ending_; seen = wakes_) {
            wakes_.wait(seen);
            queue_.drain([](const RecordQueue::Lines& lines) { benchmark::DoNotOptimize(lines.text.data()); });
        }
    }
    RecordQueue queue_{{.capacity = Bytes{64 << 20}}};
    std::atomic<std::uint32_t> wakes_{0};
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

std::shared_ptr<Sink> writer_to_nothing() {
    const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    auto writer = std::make_shared<Writer>(fd, WriterSettings{.capacity = Bytes{64 << 20}});
    ::close(fd);
    writer->start();
    return writer;
}

LoggerSettings to(std::shared_ptr<Sink> sink, Level level = Level::info) {
    return {.service = "orders", .version = "1.4.2", .level = level, .sinks = {std::move(sink)}};
}

// Shared by the threads of a benchmark: the first one makes it, the library's barriers keep the others waiting.
std::unique_ptr<Logger> shared;

void call(benchmark::State& state, LoggerSettings (*settings)()) {
    if (state.thread_index() == 0) shared = std::make_unique<Logger>(settings());
    std::uint64_t number = 0;
    const std::string id = "o-4711";
    for (auto _ : state) {
        ++number;
        shared->info("order placed", field("id", id), field("count", number), field("total", 12.5), field("paid", true));
    }
    if (state.thread_index() != 0) return;
    const LoggerStats stats = shared->stats();
    state.counters["refused"] = static_cast<double>(stats.refused[1]);
    shared.reset();
}

LoggerSettings nowhere() { return to(std::make_shared<Nowhere>()); }
LoggerSettings below_level() { return to(std::make_shared<Nowhere>(), Level::warn); }
LoggerSettings queue() { return to(std::make_shared<Queue>()); }
LoggerSettings writer() { return to(writer_to_nothing()); }

BENCHMARK_CAPTURE(call, below_the_level, below_level);
BENCHMARK_CAPTURE(call, to_nowhere, nowhere)->ThreadRange(1, 2);
BENCHMARK_CAPTURE(call, to_a_queue, queue)->ThreadRange(1, 2);
BENCHMARK_CAPTURE(call, to_a_writer, writer)->ThreadRange(1, 2);

// Names with a shared object, which are sorted, and the scopes of a request.
void call_with_nested_names(benchmark::State& state) {
    const Logger log{nowhere()};
    const std::string id = "o-4711";
    std::uint64_t number = 0;
    const TraceContext trace{{.trace = "0af7651916cd43dd8448eb211c80319c", .span = "b7ad6b7169203331", .request = "r-1"}};
    for (auto _ : state) {
        ++number;
        log.info("order placed", field("order.id", id), field("order.count", number), field("order.total", 12.5),
                 field("order.paid", true));
    }
}
BENCHMARK(call_with_nested_names);

#if defined(OUTRIGGER_WITH_SPDLOG)
std::shared_ptr<spdlog::async_logger> shared_spdlog;

void spdlog_async(benchmark::State& state, spdlog::async_overflow_policy policy) {
    if (state.thread_index() == 0) {
        spdlog::init_thread_pool(8192, 1);
        shared_spdlog = std::make_shared<spdlog::async_logger>(
            "orders", std::make_shared<spdlog::sinks::basic_file_sink_mt>("/dev/null"), spdlog::thread_pool(), policy);
        shared_spdlog->set_pattern(
            R"({"@timestamp":"%Y-%m-%dT%H:%M:%S.%fZ","log.level":"%l","ecs.version":"9.4.0",)"
            R"("service":{"name":"orders","version":"1.4.2"},"process":{"thread":{"id":%t}},"message":"%v})",
            spdlog::pattern_time_type::utc);
    }
    std::uint64_t number = 0;
    const std::string id = "o-4711";
    for (auto _ : state) {
        ++number;
        shared_spdlog->info(R"(order placed","id":"{}","count":{},"total":{},"paid":{})", id, number, 12.5, true);
    }
    if (state.thread_index() != 0) return;
    state.counters["lost"] = static_cast<double>(spdlog::thread_pool()->overrun_counter());
    shared_spdlog.reset();
    spdlog::shutdown();
}
BENCHMARK_CAPTURE(spdlog_async, overrun_oldest, spdlog::async_overflow_policy::overrun_oldest)->ThreadRange(1, 2);
BENCHMARK_CAPTURE(spdlog_async, block, spdlog::async_overflow_policy::block)->ThreadRange(1, 2);
#endif

}   // namespace
