// SPDX-License-Identifier: Apache-2.0
// How long the slowest thousandth of log calls takes when nothing goes out any more: the queue is full, a pipe that
// nobody reads is full, or the receiver of a shipper hangs and its spool is at its cap. Beside an empty call in the same
// run, call by call, so that what the machine does to one it does to the other.
//
//   log_call_tail [CALLS [DIR]]   ends with 1 if a p99.9 lies more than 50 us above the empty call's
//
// DIR, on a small disk of its own, adds a shipper whose receiver hangs and whose spool has filled that disk:
//   unshare -m sh -c 'mount -t tmpfs -o size=8m none /mnt && build/release/bench/log_call_tail 200000 /mnt/spool'
#include <outrigger/core/clock.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/logging/record_queue.hpp>
#include <outrigger/logging/writer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

constexpr Duration bound = 50us;

// Nobody drains it.
class FullQueue final : public Sink {
public:
    bool take(std::string_view record, Level level) noexcept override {
        return queue_.push(record, severity_of(level)) != RecordQueue::Pushed::full;
    }
    bool has_room(std::size_t bytes, Level level) const noexcept override {
        return queue_.has_room(bytes, severity_of(level));
    }
    bool flush(Duration) noexcept override { return false; }

private:
    RecordQueue queue_{{.capacity = Bytes{64 << 10}}};
};

// A pipe that nobody reads, behind a writer.
class FullPipe {
public:
    FullPipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) std::abort();
        writer_ = std::make_shared<Writer>(ends_[1], WriterSettings{.capacity = Bytes{256 << 10}, .last_words = 0s});
        writer_->start();
    }
    ~FullPipe() {
        for (const int end : ends_) ::close(end);
    }
    [[nodiscard]] std::shared_ptr<Sink> sink() const { return writer_; }

private:
    std::array<int, 2> ends_{};
    std::shared_ptr<Writer> writer_;
};

// A port where connections are made, by the kernel, and nothing is ever read.
class HangingReceiver {
public:
    HangingReceiver() : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(fd_, any, size) != 0 || ::listen(fd_, 8) != 0 || ::getsockname(fd_, any, &size) != 0) std::abort();
        port_ = ntohs(address.sin_port);
    }
    ~HangingReceiver() { ::close(fd_); }
    [[nodiscard]] std::string url() const { return "logstash+tcp://127.0.0.1:" + std::to_string(port_); }

private:
    int fd_;
    int port_ = 0;
};

double percentile_us(std::vector<std::int64_t>& samples, double share) {
    const auto at = samples.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(samples.size() - 1));
    std::nth_element(samples.begin(), at, samples.end());
    return static_cast<double>(*at) / 1000;
}

// True: within the bound.
bool measure(const char* name, const Logger& log, Level level, std::size_t calls) {
    const SystemClock clock;
    const auto call = [&log, level](std::uint64_t i) {
        log.log(level, "order placed", field("id", "o-4711"), field("count", i), field("total", 12.5), field("paid", true));
    };
    for (std::uint64_t i = 0; i < 20'000; ++i) call(i);   // until all is full
    std::vector<std::int64_t> empty(calls);
    std::vector<std::int64_t> full(calls);
    for (std::size_t i = 0; i < calls; ++i) {
        const Instant start = clock.now();
        const Instant between = clock.now();
        call(i);
        const Instant end = clock.now();
        empty[i] = (between - start).count();
        full[i] = (end - between).count();
    }
    const double base = percentile_us(empty, 0.999);
    const double tail = percentile_us(full, 0.999);
    const LoggerStats stats = log.stats();
    const auto severity = static_cast<std::size_t>(severity_of(level));
    std::printf("%-34s %-6s p50 %7.2f us   p99.9 %8.2f us   empty call's p99.9 %7.2f us   refused %llu of %llu\n", name,
                std::string{to_string(level)}.c_str(), percentile_us(full, 0.5), tail, base,
                static_cast<unsigned long long>(stats.refused[severity]),
                static_cast<unsigned long long>(stats.refused[severity] + stats.taken[severity]));
    return tail - base <= std::chrono::duration<double, std::micro>{bound}.count();
}

}   // namespace

int main(int argc, char** argv) {
    const std::size_t calls = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
    bool good = true;
    const FullPipe pipe;
    const HangingReceiver receiver;
    for (const Level level : {Level::info, Level::error}) {
        good &= measure("a queue that nobody drains", Logger{{.service = "orders", .sinks = {std::make_shared<FullQueue>()}}},
                        level, calls);
        good &= measure("a pipe that nobody reads", Logger{{.service = "orders", .sinks = {pipe.sink()}}}, level, calls);
        good &= measure("a shipper whose receiver hangs",
                        Logger{{.service = "orders",
                                .ship = {.to = receiver.url(), .spool = {.max = Bytes{4 << 20}}, .queue = Bytes{1 << 20}}}},
                        level, calls);
        if (argc > 2)
            good &= measure("the same, and its disk is full",
                            Logger{{.service = "orders",
                                    .ship = {.to = receiver.url(),
                                             .spool = {.dir = argv[2], .max = Bytes{512 << 20}},
                                             .queue = Bytes{1 << 20}}}},
                            level, calls);
    }
    std::printf("%s\n", good ? "all within 50 us of an empty call" : "NOT all within 50 us of an empty call");
    return good ? 0 : 1;
}
