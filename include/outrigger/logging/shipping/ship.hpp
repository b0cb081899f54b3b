// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/describe.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/resilience/backoff.hpp>

namespace outrigger::logging {

// What "accepted" outlives.
enum class SpoolSync : std::uint8_t {
    process,   // kill -9 of this process
    power,     // the machine, too: every commit waits for the disk
};
[[nodiscard]] constexpr auto words_of(SpoolSync) {
    return std::array<Word<SpoolSync>, 2>{{{SpoolSync::process, "process"}, {SpoolSync::power, "power"}}};
}

struct SpoolSettings {
    std::string dir = {};               // empty: in memory, which outlives nothing
    Bytes max{0};                       // 0: 64 MiB in memory, 512 MiB in a directory
    SpoolSync sync = SpoolSync::process;

    friend bool operator==(const SpoolSettings&, const SpoolSettings&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("dir", self.dir, "A directory where records survive a crash; empty: they wait in memory.",
              needs_restart);
        field("max", self.max, "What waiting records may take. Without dir 64MiB, with one 512MiB.",
              between(1_MiB, 1024_GiB), starting_as([&self] { return self.dir.empty() ? 64_MiB : 512_MiB; }));
        field("sync", self.sync,
              "What an accepted record outlives. process: a crash of the sidecar; power: one of the machine, too, at "
              "the price of a wait for the disk.");
    }
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

    friend bool operator==(const Ship&, const Ship&) = default;
    // All but `to`: whoever reads settings has a type of its own for it.
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("spool", self.spool, "Where records wait until they are delivered.");
        field("batch", self.batch, "What is sent at once, at most.", between(4_KiB, 16_MiB));
        field("timeout", self.timeout, "Until a receiver has answered, or taken any byte.", between(100ms, 1h));
        field("backoff", self.backoff, "The pauses between attempts while no receiver takes anything.");
        field("gzip", self.gzip, "Whether HTTP bodies are compressed.");
        field("ca", self.ca, "A file with the certificates to trust instead of the system's.");
    }
};

}   // namespace outrigger::logging
