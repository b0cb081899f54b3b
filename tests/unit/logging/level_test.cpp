// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/level.hpp>

#include <gtest/gtest.h>

namespace outrigger::logging {
namespace {

TEST(Level, every_level_has_its_word_and_back) {
    EXPECT_EQ(to_string(Level::trace), "trace");
    EXPECT_EQ(to_string(Level::error), "error");
    for (const auto word : level_words) EXPECT_EQ(to_string(level_of(word).value()), word);
}

TEST(Level, an_unknown_word_is_none) {
    EXPECT_FALSE(level_of("warning"));
    EXPECT_FALSE(level_of("INFO"));
    EXPECT_FALSE(level_of(""));
}

TEST(Level, levels_rise_with_their_severity) {
    EXPECT_LT(Level::debug, Level::info);
    EXPECT_LT(Level::warn, Level::error);
}

}  // namespace
}  // namespace outrigger::logging
