// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/environment.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace outrigger::config {
namespace {

Environment fixed() {
    return [](std::string_view name) -> std::optional<std::string> {
        const std::map<std::string, std::string, std::less<>> values{{"HOST", "users"},
                                                                     {"EMPTY", ""},
                                                                     {"NESTED", "${HOST}"},
                                                                     {"_a1", "x"},
                                                                     {"LONG", std::string(600'000, 'a')}};
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional{found->second};
    };
}
Substituted replaced(std::string_view text) { return substitute(text, fixed()); }

TEST(Environment, a_variable_is_replaced_wherever_it_stands) {
    EXPECT_EQ(replaced("${HOST}").text, "users");
    EXPECT_EQ(replaced("http://${HOST}:80/${_a1}").text, "http://users:80/x");
    EXPECT_TRUE(replaced("a${HOST}").replaced);
}

TEST(Environment, text_without_variables_stays) {
    for (const std::string_view text : {"", "a", "$", "$$", "$HOST", "{HOST}", "}", "a$b"}) {
        EXPECT_EQ(replaced(text).text, text);
        EXPECT_FALSE(replaced(text).replaced);
    }
}

TEST(Environment, a_default_stands_in_for_what_is_unset_or_empty) {
    EXPECT_EQ(replaced("${NOPE:-there}").text, "there");
    EXPECT_EQ(replaced("${EMPTY:-there}").text, "there");
    EXPECT_EQ(replaced("${HOST:-there}").text, "users");
    EXPECT_EQ(replaced("${NOPE:-}").text, "");
    EXPECT_EQ(replaced("${NOPE:-a:-b}").text, "a:-b");
}

TEST(Environment, an_empty_variable_without_default_is_empty) {
    EXPECT_EQ(replaced("a${EMPTY}b").text, "ab");
    EXPECT_TRUE(replaced("${EMPTY}").error.empty());
}

TEST(Environment, an_unset_variable_without_default_is_an_error_that_names_it) {
    EXPECT_EQ(replaced("${NOPE}").error,
              "the environment variable NOPE is not set; set it, or write ${NAME:-default}");
}

TEST(Environment, a_value_is_not_searched_for_variables_again) {
    EXPECT_EQ(replaced("${NESTED}").text, "${HOST}");
}

TEST(Environment, two_dollars_stand_for_the_characters_themselves) {
    EXPECT_EQ(replaced("$${HOST}").text, "${HOST}");
    EXPECT_EQ(replaced("$$${HOST}").text, "$${HOST}");
    EXPECT_FALSE(replaced("$${HOST}").replaced);
}

TEST(Environment, names_that_are_none_and_braces_that_do_not_close_are_errors) {
    for (const std::string_view text :
         {"${}", "${1A}", "${A-B}", "${A B}", "${", "${HOST", "${A:-${HOST}}", "${:-x}"})
        EXPECT_FALSE(replaced(text).error.empty()) << text;
}

TEST(Environment, text_beyond_a_mebibyte_is_an_error) {
    EXPECT_TRUE(replaced("${LONG}").error.empty());
    EXPECT_FALSE(replaced("${LONG}${LONG}${LONG}").error.empty());
}

TEST(Environment, escaped_text_reads_back_whatever_the_environment) {
    for (const std::string_view text : {"", "${HOST}", "$${HOST}", "$$${", "a${b${c", "$", "{"}) {
        const Substituted back = replaced(escape_substitution(text));
        EXPECT_EQ(back.text, text);
        EXPECT_TRUE(back.error.empty());
    }
}

TEST(Environment, of_the_process_has_no_variable_that_nobody_set) {
    EXPECT_FALSE(process_environment()("OUTRIGGER_A_VARIABLE_THAT_NOBODY_SETS"));
}

}   // namespace
}   // namespace outrigger::config
