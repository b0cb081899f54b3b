// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/resilience/backoff.hpp>

namespace outrigger::logging {

// What "accepted" outlives.
enum class SpoolSync : std::uint8_t {
    process,   // kill -9 of this process
    power,     // the machine, too: every commit waits for the disk
};

struct SpoolSettings {
    std::string dir = {};               // empty: in memory, which outlives nothing
    Bytes max{0};                       // 0: 64 MiB in memory, 512 MiB in a directory
    SpoolSync sync = SpoolSync::process;
};

// Where a program's records go, and how. Plain settings: the component `shipping` does it.
struct Ship {
    // logstash+http://HOST:PORT[/PATH], logstash+https://, logstash+tcp://, logstash+tls://, elasticsearch+http://,
    // elasticsearch+https://HOST:PORT/INDEX, stdout:. Several hosts, separated by commas, stand in for each other:
    // logstash+tcp://a:5000,b:5000. USER:PASSWORD@ before the hosts. Empty: nowhere.
    std::string to = {};
    SpoolSettings spool = {};
    Bytes queue{8 << 20};               // records in hand take at most so much
    Bytes batch{1 << 20};               // sent at once
    Duration timeout = std::chrono::seconds{30};   // until a receiver has answered, or taken any byte
    resilience::Backoff backoff{.first = std::chrono::milliseconds{250}, .max = std::chrono::seconds{10}};
    bool gzip = true;                   // of HTTP bodies
    std::string ca = {};                // a PEM file to trust instead of the system's
};

}   // namespace outrigger::logging
