// SPDX-License-Identifier: Apache-2.0
#include "health/listener_process.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/health/probing.hpp"

namespace outrigger::health {
namespace {

TEST(ListenerProcess, is_found_as_long_as_it_listens) {
    std::optional<Server> server{std::in_place};
    ListenerProcess process{server->port()};
    EXPECT_EQ(process.find(), ::getpid());
    EXPECT_EQ(process.find(), ::getpid()) << "the one found last";
    server.reset();
    EXPECT_EQ(process.find(), std::nullopt);
}

TEST(ResidentMemory, is_that_of_a_process_that_is_there) {
    EXPECT_GT(resident_memory(::getpid()).value_or(0), 100'000U);
    EXPECT_EQ(resident_memory(0x7fffffff), std::nullopt);
}

}   // namespace
}   // namespace outrigger::health
