// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/event_id.hpp"

#include <gtest/gtest.h>

#include <string>

namespace outrigger::logging {
namespace {

constexpr std::string_view identity = "abcdefghijklmnop";

std::string with_ids(std::string_view lines, std::uint64_t first) {
    std::string text;
    append_with_ids(text, lines, identity, first);
    return text;
}

TEST(EventId, stands_behind_the_other_members_of_event_and_counts_up) {
    EXPECT_EQ(with_ids("{\"event\":{\"a\":1}}\n{\"event\":{\"a\":2}}\n", 31),
              "{\"event\":{\"a\":1,\"id\":\"abcdefghijklmnop-000000000000v\"}}\n"
              "{\"event\":{\"a\":2,\"id\":\"abcdefghijklmnop-0000000000010\"}}\n");
}

TEST(EventId, an_empty_event_gets_no_comma) {
    EXPECT_EQ(with_ids("{\"event\":{}}\n", 1), "{\"event\":{\"id\":\"abcdefghijklmnop-0000000000001\"}}\n");
    EXPECT_EQ(with_ids("{\"event\":{\"x\":{}}}\n", 1),
              "{\"event\":{\"x\":{},\"id\":\"abcdefghijklmnop-0000000000001\"}}\n");
}

TEST(EventId, sorts_as_the_numbers_do_up_to_the_last_one) {
    const std::string line = "{\"event\":{}}\n";
    std::string last;
    for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{9}, std::uint64_t{10}, std::uint64_t{31},
                                       std::uint64_t{32}, std::uint64_t{1} << 40, UINT64_MAX}) {
        const std::string text = with_ids(line, number);
        EXPECT_LT(last, text);
        last = text;
    }
    EXPECT_NE(last.find("-fvvvvvvvvvvvv\""), std::string::npos) << last;
}

TEST(EventId, counting_carries_as_numbering_each_does) {
    std::string lines;
    for (int i = 0; i < 3000; ++i) lines += "{\"event\":{}}\n";
    const std::string all = with_ids(lines, 1000);
    EXPECT_TRUE(all.ends_with(with_ids("{\"event\":{}}\n", 3999)));
}

TEST(EventId, leaves_a_line_alone_that_has_no_place_for_it) { EXPECT_EQ(with_ids("nothing\n", 1), "nothing\n"); }

TEST(EventId, is_found_again_and_only_ours) {
    const std::string line = with_ids("{\"event\":{\"a\":1}}\n", 5);
    EXPECT_EQ(own_event_id(line), "abcdefghijklmnop-0000000000005");
    EXPECT_EQ(own_event_id("{\"event\":{\"id\":\"theirs\"}}\n"), "");
    EXPECT_EQ(own_event_id("{\"event\":{\"id\":\"abcdefghijklmnop_0000000000005\"}}\n"), "");
    EXPECT_EQ(own_event_id(""), "");
}

TEST(EventId, can_be_numbered_anew_where_it_is_ours) {
    std::string lines =
        with_ids("{\"event\":{}}\n", 5) + "{\"event\":{\"id\":\"theirs\"}}\n" + with_ids("{\"event\":{}}\n", 7);
    renumber(lines, identity, 100);
    EXPECT_EQ(lines, with_ids("{\"event\":{}}\n", 100) + "{\"event\":{\"id\":\"theirs\"}}\n" +
                         with_ids("{\"event\":{}}\n", 102));
}

}   // namespace
}   // namespace outrigger::logging
