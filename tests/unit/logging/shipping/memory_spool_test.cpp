// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/memory_spool.hpp>
#include "spool_world.hpp"

// What all spools do is in spool_test.cpp.
namespace outrigger::logging {
namespace {

TEST(MemorySpool, has_an_identity_of_its_own_unless_it_is_given_one) {
    EXPECT_NE(MemorySpool{1_MiB}.identity(), MemorySpool{1_MiB}.identity());
    EXPECT_EQ((MemorySpool{1_MiB, "aaaabbbbccccdddd"}.identity()), "aaaabbbbccccdddd");
}

TEST(MemorySpool, many_tiny_batches_count_with_what_they_really_take) {
    MemorySpool spool{64_KiB};
    for (int i = 0; i < 1000; ++i) commit_one(spool, Severity::normal, 1, 10);
    EXPECT_LE(spool.state().used, 64_KiB);
    EXPECT_LT(spool.state().batches, 400U);
    EXPECT_TRUE(spool.ledger().balanced());
}

}   // namespace
}   // namespace outrigger::logging
