// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/redaction.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using outrigger::logging::Redaction;

Redaction redaction(const std::vector<std::string>& patterns) { return Redaction{patterns}; }

TEST(Redaction, a_name_matches_at_any_depth_with_all_below_it) {
    const Redaction hides = redaction({"password"});
    EXPECT_TRUE(hides.matches("password"));
    EXPECT_TRUE(hides.matches("user.password"));
    EXPECT_TRUE(hides.matches("password.old"));
    EXPECT_TRUE(hides.matches("a.password.b"));
    EXPECT_FALSE(hides.matches("passwords"));
    EXPECT_FALSE(hides.matches("user.name"));
    EXPECT_FALSE(hides.matches(""));
}

TEST(Redaction, a_star_is_any_one_name) {
    const Redaction hides = redaction({"*.token", "card.*.number"});
    EXPECT_TRUE(hides.matches("session.token"));
    EXPECT_TRUE(hides.matches("a.b.token"));
    EXPECT_FALSE(hides.matches("token")) << "nothing stands before it";
    EXPECT_TRUE(hides.matches("user.card.main.number"));
    EXPECT_FALSE(hides.matches("card.number"));
}

TEST(Redaction, capital_letters_make_no_difference) {
    EXPECT_TRUE(redaction({"authorization"}).matches("http.request.headers.Authorization"));
    EXPECT_TRUE(redaction({"API_Key"}).matches("api_key"));
}

TEST(Redaction, knows_how_long_its_patterns_are) {
    const Redaction hides = redaction({"password", "*.token", "a.b.c"});
    EXPECT_EQ(hides.steps_max(), 3U);
    EXPECT_EQ(hides.step_bytes_max(), 8U);
    EXPECT_EQ(Redaction{}.steps_max(), 0U);
}

TEST(Redaction, without_patterns_nothing_matches) {
    EXPECT_TRUE(Redaction{}.empty());
    EXPECT_FALSE(Redaction{}.matches("password"));
}

TEST(Redaction, what_is_no_pattern_is_refused_in_a_sentence) {
    for (const char* const wrong : {"", "a..b", ".a", "a.", "to*en", "**"}) {
        try {
            (void)redaction({wrong});
            ADD_FAILURE() << wrong;
        } catch (const std::invalid_argument& error) {
            EXPECT_EQ(std::string{error.what()},
                      "redact: \"" + std::string{wrong} + "\" is no field's name or path, such as password or *.token");
        }
    }
}

}   // namespace
