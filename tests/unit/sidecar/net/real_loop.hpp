// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

#include "sidecar/net/loop.hpp"
#include "sidecar/net/socket_stream.hpp"

// What tests on real descriptors need: a loop in real time whose every wait is bounded.
namespace outrigger::net {

using namespace std::chrono_literals;

class RealLoop : public testing::Test {
protected:
    // Runs the task to its end. It must end by itself: every wait in it takes soon().
    void run(Task<void> task) {
        tasks.spawn(then_stop(std::move(task)));
        loop.run();
        ASSERT_EQ(tasks.running(), 0u);
    }
    // The bound of each wait: passed only when something is broken.
    [[nodiscard]] Wait soon() { return Wait{after(clock.now(), 5s)}; }
    [[nodiscard]] Scheduler& scheduler() { return loop.scheduler(); }

    SystemClock clock;
    Loop loop{clock};
    TaskGroup tasks;

private:
    Task<void> then_stop(Task<void> task) {
        co_await std::move(task);
        loop.stop();
    }
};

inline Transfer write(Stream& stream, std::string_view bytes) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    return stream.try_write({&part, 1});
}

// One read of at most `most` bytes.
inline std::string read(Stream& stream, std::size_t most = 64 * 1024) {
    std::string bytes(most, '\0');
    const Transfer got = stream.try_read(bytes);
    bytes.resize(got.kind == Transfer::Kind::bytes ? got.count : 0);
    return bytes;
}

inline Transfer::Kind read_kind(Stream& stream) {
    std::array<char, 16> one;
    return stream.try_read(one).kind;
}

struct CountedClosings final : PeerWatch {
    void peer_closed() noexcept override { ++times; }
    int times = 0;
};

}   // namespace outrigger::net
