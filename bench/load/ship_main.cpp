// SPDX-License-Identifier: Apache-2.0
// A program that logs as fast as its shipper takes records, for bench/load/ship.py.
//
//   outrigger_ship DESTINATION DIR RECORDS BYTES     DIR: of the spool; "" is memory
//
// At the end, when everything is delivered, it writes a line of JSON: what was refused in between (and tried again),
// the processor time used by then, and the books.
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

#include <outrigger/logging/shipping/shipper.hpp>

using namespace outrigger;
using namespace std::chrono_literals;

namespace {

double processor_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// With its event.id it is as long as wanted.
std::string record_of(std::size_t size) {
    std::string head =
        R"({"@timestamp":"2026-11-20T10:12:18.123456Z","log.level":"info","message":"an order was placed )";
    std::string tail = R"(","ecs.version":"9.4.0","service":{"name":"shop"},"event":{"dataset":"shop.orders"}})" "\n";
    constexpr std::size_t id = 38;
    if (size > head.size() + tail.size() + id) head.append(size - head.size() - tail.size() - id, 'x');
    return head + tail;
}

int run(char** words) {
    logging::Ship ship{.to = words[1]};
    ship.spool.dir = words[2];
    const auto records = std::stoull(words[3]);
    const std::string record = record_of(std::stoul(words[4]));
    logging::Shipper shipper{ship, "shop"};
    shipper.start();
    std::uint64_t refused = 0;
    for (std::uint64_t i = 0; i < records; ++i)
        for (; !shipper.take(record, logging::Level::info); ++refused) std::this_thread::yield();
    const bool delivered = shipper.drain(10min);
    const double used = processor_seconds();
    const logging::ShipperStats stats = shipper.stats();
    std::printf(
        "{\"refused\":%lu,\"cpu_seconds\":%.3f,\"accepted\":%lu,\"delivered\":%lu,\"attempts\":%lu,\"failed\":%lu}\n",
        refused, used, stats.ledger.accepted, stats.ledger.delivered, stats.attempts, stats.failed_attempts);
    return delivered ? 0 : 1;
}

}   // namespace

int main(int count, char** words) {
    if (count != 5) {
        std::fputs("usage: outrigger_ship DESTINATION DIR RECORDS BYTES\n", stderr);
        return 2;
    }
    try {
        return run(words);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "outrigger_ship: %s\n", error.what());
        return 1;
    }
}
