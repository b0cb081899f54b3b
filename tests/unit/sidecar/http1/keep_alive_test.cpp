// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/keep_alive.hpp"

#include <gtest/gtest.h>

namespace outrigger::http1 {
namespace {

using namespace std::chrono_literals;

TEST(KeepAlive, the_timeout_is_read_wherever_it_stands) {
    EXPECT_EQ(keep_alive_timeout("timeout=5"), 5s);
    EXPECT_EQ(keep_alive_timeout("timeout=5, max=1000"), 5s);
    EXPECT_EQ(keep_alive_timeout("max=1000 ,\t Timeout=72 "), 72s);
    EXPECT_EQ(keep_alive_timeout("timeout=0"), 0s);
    EXPECT_EQ(keep_alive_timeout("timeout=999999"), 999999s);
}

TEST(KeepAlive, what_says_no_timeout_promises_nothing) {
    for (const char* value : {"", "max=5", "timeout", "timeout=", "timeout=x", "timeout=1.5", "timeout=-1", "timeout=1000000",
                              "timeout =5", "xtimeout=5", ",,,", "timeout=5 s"})
        EXPECT_EQ(keep_alive_timeout(value), std::nullopt) << value;
}

}   // namespace
}   // namespace outrigger::http1
