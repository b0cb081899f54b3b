// SPDX-License-Identifier: Apache-2.0
// A program that logs: writes numbered records through a Shipper, for receivers and crashes to be tried on.
//
//   log_writer --to DESTINATION [--dir DIR] [--max BYTES] [--sync process|power] [--first N] [--records N] [--burst N]
//              [--size BYTES] [--submit 1] [--pause MILLISECONDS] [--drain SECONDS] [--batch BYTES] [--timeout MILLISECONDS]
//              [--gzip 0] [--ca FILE]
//
// Record N has event.sequence N and the severity of N % 3 (error, info, debug). After each burst it waits until the
// spool has all of it and writes "accepted N" (the last number) to stdout: from then on N must arrive, even if this
// process is killed. --submit: bursts are handed in as one submission. At the end, and after up to --drain seconds in
// which everything is to arrive, it writes the books as one JSON object, and ends with 0 if all was accepted.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <stdexcept>
#include <string>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/system_blocking_clock.hpp>
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/shipping/shipper.hpp>

using namespace outrigger;
using namespace std::chrono_literals;

namespace {

using Options = std::map<std::string, std::string>;

Options options_of(int count, char** words) {
    Options options{{"first", "1"},       {"records", "1000"}, {"burst", "100"}, {"size", "300"},
                    {"pause", "0"},       {"drain", "0"},      {"max", "0"},     {"batch", "1048576"},
                    {"timeout", "30000"}, {"sync", "process"}};
    for (int i = 1; i + 1 < count; i += 2) options[std::string{words[i]}.substr(2)] = words[i + 1];
    if (options["to"].empty()) throw std::invalid_argument("--to is missing");
    return options;
}

logging::Level level_for(std::uint64_t number) {
    switch (number % 3) {
        case 0: return logging::Level::error;
        case 1: return logging::Level::info;
        default: return logging::Level::debug;
    }
}

std::string record_of(std::uint64_t number, std::size_t size) {
    static logging::Timestamp timestamp;
    std::string line = R"({"@timestamp":")" + std::string{timestamp.write(SystemClock{}.wall())} +
                       R"(","log.level":")" + std::string{to_string(level_for(number))} + R"(","message":"record )" +
                       std::to_string(number) + " \\\"quoted\\\" \\u00e4 ";
    const std::string end =
        R"(","ecs.version":"9.4.0","service":{"name":"writer"},"event":{"dataset":"writer","sequence":)" +
        std::to_string(number) + "}}\n";
    if (line.size() + end.size() < size) line.append(size - line.size() - end.size(), '.');
    return line + end;
}

bool submit(logging::Shipper& shipper, std::uint64_t first, std::uint64_t last, std::size_t size) {
    logging::Submission submission;
    for (std::uint64_t number = first; number <= last; ++number)
        submission.parts.push_back(
            {.severity = logging::severity_of(level_for(number)), .records = 1, .lines = record_of(number, size)});
    auto done = std::make_shared<std::promise<bool>>();
    auto answer = done->get_future();
    return shipper.submit(std::move(submission), [done](const Result<void>& result) {
        done->set_value(result.has_value());
    }) && answer.get();
}

bool take(logging::Shipper& shipper, std::uint64_t first, std::uint64_t last, std::size_t size) {
    bool all = true;
    for (std::uint64_t number = first; number <= last; ++number)
        all = shipper.take(record_of(number, size), level_for(number)) && all;
    return shipper.flush(10s) && all;
}

void print(const logging::ShipperStats& stats) {
    std::uint64_t quarantined = 0;
    std::uint64_t dropped = 0;
    for (const auto count : stats.ledger.quarantined) quarantined += count;
    for (const auto count : stats.ledger.dropped) dropped += count;
    std::printf(
        R"({"accepted":%lu,"delivered":%lu,"quarantined":%lu,"dropped":%lu,"spooled":%lu,"balanced":%s,"attempts":%lu,"failed":%lu,"trouble":"%s"})"
        "\n",
        stats.ledger.accepted, stats.ledger.delivered, quarantined, dropped, stats.ledger.spooled,
        stats.ledger.balanced() ? "true" : "false", stats.attempts, stats.failed_attempts, stats.trouble.c_str());
}

int run(Options options) {
    logging::Ship ship{.to = options["to"],
                       .batch = Bytes{std::stoull(options["batch"])},
                       .timeout = std::chrono::milliseconds{std::stol(options["timeout"])},
                       .backoff = {.first = 20ms, .max = 500ms},
                       .gzip = options["gzip"] != "0",
                       .ca = options["ca"]};
    ship.spool.dir = options["dir"];
    ship.spool.max = Bytes{std::stoull(options["max"])};
    ship.spool.sync = options["sync"] == "power" ? logging::SpoolSync::power : logging::SpoolSync::process;
    logging::Shipper shipper{ship, "writer"};
    shipper.start();
    const auto end = std::stoull(options["first"]) + std::stoull(options["records"]);
    const auto burst = std::stoull(options["burst"]);
    SystemBlockingClock clock;
    bool all = true;
    for (std::uint64_t first = std::stoull(options["first"]); first < end && all; first += burst) {
        const std::uint64_t last = std::min<std::uint64_t>(first + burst, end) - 1;
        const auto size = std::stoull(options["size"]);
        all = options["submit"].empty() ? take(shipper, first, last, size) : submit(shipper, first, last, size);
        if (all) std::printf("accepted %lu\n", last);
        std::fflush(stdout);
        Signal nothing;
        const std::chrono::milliseconds pause{std::stol(options["pause"])};
        if (pause > 0ms) static_cast<void>(clock.wait(nothing, clock.now() + pause, {}));
    }
    shipper.drain(std::chrono::seconds{std::stol(options["drain"])});
    print(shipper.stats());
    return all ? 0 : 1;
}

}   // namespace

int main(int count, char** words) {
    try {
        return run(options_of(count, words));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "log_writer: %s\n", error.what());
        return 2;
    }
}
