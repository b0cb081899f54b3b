// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include <outrigger/health/probe.hpp>

#include "tests/unit/core/loopback_server.hpp"

// What tests of indicators share.
namespace outrigger::health {

// One run, now.
inline Outcome run(const Indicator& indicator, Duration timeout = std::chrono::seconds{10}) {
    const SystemClock clock;
    return indicator.run(Probe{clock, timeout});
}

using Server = LoopbackServer;

// Reads until `end` came, or the peer's end.
inline std::string read_until(int fd, std::string_view end) {
    std::string text;
    for (char c; text.size() < end.size() || !text.ends_with(end);) {
        if (::recv(fd, &c, 1, 0) != 1) break;
        text += c;
    }
    return text;
}
// A serve() that reads a request up to `end`, and answers this.
inline std::function<void(int)> answering(std::string end, std::string answer) {
    return [end = std::move(end), answer = std::move(answer)](int fd) {
        (void)read_until(fd, end);
        write_all(fd, answer);
    };
}
// Nobody listens there, and a moment ago somebody did.
inline std::uint16_t dead_port() { return Server{}.port(); }

}   // namespace outrigger::health
