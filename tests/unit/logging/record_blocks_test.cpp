// SPDX-License-Identifier: Apache-2.0
#include "logging/record_blocks.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace {

using namespace outrigger::logging;

constexpr std::size_t capacity = 64 << 10;   // sixteen blocks

TEST(RecordBlocks, as_many_as_the_limit_says_are_given_out_and_no_more) {
    RecordBlocks blocks{capacity};
    ASSERT_EQ(blocks.units(), 16u);
    std::vector<RecordBlock*> taken;
    for (std::size_t i = 0; i < 10; ++i) taken.push_back(blocks.take(100, 10).block);
    EXPECT_EQ(blocks.take(100, 10).block, nullptr);
    for (std::size_t i = 10; i < 16; ++i) taken.push_back(blocks.take(100, 16).block);
    EXPECT_EQ(blocks.take(100, 99).block, nullptr) << "a limit above all there is";
    EXPECT_EQ(blocks.in_use(), 16u);
    for (RecordBlock* block : taken) {
        ASSERT_NE(block, nullptr);
        std::memset(block->text(), 'x', block->room);   // a sanitizer would see one block inside another
        blocks.give_back(*block);
    }
    EXPECT_EQ(blocks.in_use(), 0u);
}

TEST(RecordBlocks, what_is_longer_than_a_block_counts_as_several) {
    RecordBlocks blocks{capacity};
    RecordBlock* const large = blocks.take(10'000, 16).block;
    ASSERT_NE(large, nullptr);
    EXPECT_TRUE(large->fits(10'000));
    std::memset(large->text(), 'x', 10'000);
    EXPECT_EQ(blocks.in_use(), 3u);
    blocks.give_back(*large);
    EXPECT_EQ(blocks.in_use(), 0u);
    EXPECT_EQ(blocks.take(10 * capacity, 16).block, nullptr);
}

TEST(RecordBlocks, an_eighth_in_use_is_told_once_on_the_way_up) {
    RecordBlocks blocks{capacity};
    std::array<RecordBlock*, 3> taken{};
    std::array<bool, 3> much{};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto got = blocks.take(1, 16);
        taken[i] = got.block;
        much[i] = got.much;
    }
    EXPECT_EQ(much, (std::array{false, true, false}));
    for (RecordBlock* block : taken) blocks.give_back(*block);
    (void)blocks.take(1, 16);
    EXPECT_TRUE(blocks.take(1, 16).much) << "and again the next time";
}

TEST(RecordBlocks, memory_goes_back_to_the_system_some_rounds_after_it_was_needed) {
    RecordBlocks blocks{capacity};
    std::vector<RecordBlock*> taken;
    for (std::size_t i = 0; i < 16; ++i) {
        taken.push_back(blocks.take(1, 16).block);
        taken.back()->text()[0] = 'x';
    }
    for (RecordBlock* block : taken) blocks.give_back(*block);
    blocks.tidy();
    EXPECT_EQ(taken[0]->text()[0], 'x') << "what the last round needed is kept";
    for (int round = 0; round < 20; ++round) blocks.tidy();
    for (RecordBlock* block : taken) EXPECT_EQ(block->text()[0], '\0') << "a page that was let go reads as zeros";
    for (std::size_t i = 0; i < 16; ++i) EXPECT_NE(blocks.take(1, 16).block, nullptr) << "and can be taken again";
}

// tidy() holds a block that is neither free nor in use while it gives its memory back.
TEST(RecordBlocks, all_can_be_wanted_while_memory_is_let_go_of) {
    RecordBlocks blocks{capacity};
    std::atomic<bool> over{false};
    std::thread drains{[&] {
        while (!over) blocks.tidy();
    }};
    for (int round = 0; round < 2000; ++round) {
        std::set<RecordBlock*> taken;
        while (RecordBlock* const block = blocks.take(10, blocks.units()).block) taken.insert(block);
        EXPECT_GE(taken.size() + 1, blocks.units());
        EXPECT_EQ(taken.size(), blocks.in_use());
        for (RecordBlock* const block : taken) blocks.give_back(*block);
    }
    over = true;
    drains.join();
}

}   // namespace
