// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/arena.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <outrigger/core/rng.hpp>

namespace outrigger::net {
namespace {

TEST(PagePool, gives_a_page_out_again) {
    PagePool pool;
    auto page = pool.take();
    const Page* const address = page.get();
    pool.give(std::move(page));
    EXPECT_EQ(pool.take().get(), address);
}

TEST(Arena, what_was_copied_stays_whatever_comes_after) {
    PagePool pool;
    Arena arena{pool};
    const std::string_view first = arena.copy("first");
    for (int i = 0; i < 5000; ++i) (void)arena.copy("something else");
    EXPECT_EQ(first, "first");
}

TEST(Arena, a_copy_does_not_point_to_its_original) {
    PagePool pool;
    Arena arena{pool};
    std::string original = "before";
    const std::string_view copied = arena.copy(original);
    original = "after!";
    EXPECT_EQ(copied, "before");
}

TEST(Arena, an_empty_copy_takes_no_page) {
    PagePool pool;
    {
        Arena arena{pool};
        EXPECT_EQ(arena.copy(""), "");
    }
    Arena arena{pool};
    EXPECT_TRUE(arena.copy("").empty());
}

TEST(Arena, its_pages_go_back_to_the_pool) {
    PagePool pool;
    const char* place = nullptr;
    {
        Arena arena{pool};
        place = arena.copy("x").data();
    }
    Arena arena{pool};
    EXPECT_EQ(arena.copy("y").data(), place);
}

TEST(Arena, of_the_room_given_only_what_is_kept_is_taken) {
    PagePool pool;
    Arena arena{pool};
    const std::span<char> room = arena.room(1000);
    ASSERT_EQ(room.size(), 1000u);
    arena.keep(10);
    EXPECT_EQ(arena.room(10).data(), room.data() + 10);
}

TEST(Arena, room_that_was_not_kept_is_given_again) {
    PagePool pool;
    Arena arena{pool};
    const char* first = arena.room(100).data();
    EXPECT_EQ(arena.room(100).data(), first);
    EXPECT_NE(arena.room(page_bytes + 1).data(), first);   // large, and not kept either
    const std::string_view kept = arena.copy("kept");
    EXPECT_NE(arena.room(4).data(), kept.data()) << "a kept copy must not be overwritten";
}

TEST(Arena, more_than_a_page_at_once_is_one_piece) {
    PagePool pool;
    Arena arena{pool};
    const std::string large(3 * page_bytes + 7, 'x');
    const std::string_view before = arena.copy("before");
    const std::string_view copied = arena.copy(large);
    const std::string_view after = arena.copy("after");
    EXPECT_EQ(copied, large);
    EXPECT_EQ(before, "before");
    EXPECT_EQ(after, "after");
}

// Every piece is filled with its own byte; none may be overwritten by a later one.
TEST(Arena, thousands_of_pieces_of_random_sizes_never_overlap) {
    constexpr std::uint64_t seed = 5;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    PagePool pool;
    for (int round = 0; round < 50; ++round) {
        Arena arena{pool};
        std::vector<std::pair<std::string_view, char>> pieces;
        for (int i = 0; i < 100; ++i) {
            const std::size_t asked = 1 + rng.below(rng.below(20) == 0 ? 3 * page_bytes : 300);
            const std::size_t kept = rng.below(asked + 1);
            const auto filler = static_cast<char>('a' + i % 26);
            const std::span<char> room = arena.room(asked);
            ASSERT_GE(room.size(), asked);
            std::fill_n(room.begin(), asked, filler);
            if (rng.below(10) == 0) continue;   // not kept: somebody changed their mind
            arena.keep(kept);
            pieces.emplace_back(std::string_view{room.data(), kept}, filler);
        }
        for (const auto& [piece, filler] : pieces)
            ASSERT_EQ(piece.find_first_not_of(filler), std::string_view::npos) << "round " << round;
    }
}

}   // namespace
}   // namespace outrigger::net
