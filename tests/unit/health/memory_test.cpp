// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/indicators.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/unit/health/probing.hpp"

namespace outrigger::health {
namespace {

TEST(Memory, has_the_words_of_terminus) {
    EXPECT_EQ(run(memory(Bytes{1ULL << 62})), up());
    EXPECT_EQ(run(memory(1_B)), down("Used rss exceeded the set threshold"));
    EXPECT_EQ(run(memory(Bytes{1ULL << 62}, MemoryOf::self_heap)), up());
    EXPECT_FALSE(memory(1_B).timed) << "terminus shows no response time";
}

TEST(Memory, of_the_cgroup_is_told_or_refused) {
    try {
        EXPECT_EQ(run(memory(Bytes{1ULL << 62}, MemoryOf::cgroup)), up());
        EXPECT_EQ(run(memory(1_B, MemoryOf::cgroup)), down("Used rss exceeded the set threshold"));
    } catch (const std::invalid_argument& refused) {
        EXPECT_STREQ(refused.what(), "this system has no cgroup that tells its memory (memory.current)");
    }
}

TEST(Memory, of_the_process_behind_a_port) {
    const Server server;
    EXPECT_EQ(run(memory_of_listener(Bytes{1ULL << 62}, server.port())), up());
    EXPECT_EQ(run(memory_of_listener(1_KiB, server.port())), down("Used rss exceeded the set threshold"));
    const std::uint16_t port = dead_port();
    EXPECT_EQ(run(memory_of_listener(1_GiB, port)),
              down("no process that listens on port " + std::to_string(port) + " can be seen in /proc"));
}

TEST(Memory, refuses_what_makes_no_sense) {
    EXPECT_THROW((void)memory(0_B), std::invalid_argument);
    EXPECT_THROW((void)memory_of_listener(0_B, 80), std::invalid_argument);
    EXPECT_THROW((void)memory_of_listener(1_B, 0), std::invalid_argument);
}

}   // namespace
}   // namespace outrigger::health
