// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/utf8.hpp>

#include <gtest/gtest.h>

#include <string>

namespace outrigger {
namespace {

std::string repaired(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto step = utf8_step(text);
        out += step.valid ? text.substr(0, step.length) : std::string_view{"?"};
        text.remove_prefix(step.length);
    }
    return out;
}

TEST(Utf8, well_formed_text_stays) {
    constexpr std::string_view text =
        "a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
    EXPECT_EQ(repaired(text), text);
}

TEST(Utf8, overlong_forms_surrogates_and_what_lies_beyond_unicode_are_refused) {
    EXPECT_EQ(repaired("\xc0\xaf"), "??");
    EXPECT_EQ(repaired("\xe0\x80\xaf"), "???");
    EXPECT_EQ(repaired("\xed\xa0\x80"), "???");
    EXPECT_EQ(repaired("\xf4\x90\x80\x80"), "????");
    EXPECT_EQ(repaired("\xf0\x80\x80\xaf"), "????");
    EXPECT_EQ(repaired("\xff\xfe"), "??");
}

// The example of the Unicode standard, table 3-11: truncated sequences.
TEST(Utf8, a_maximal_subpart_is_one_replacement) {
    EXPECT_EQ(repaired("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), "????A");
}

TEST(Utf8, a_sequence_cut_by_the_end_is_one_replacement) {
    EXPECT_EQ(repaired("x\xf0\x9f\x98"), "x?");
    EXPECT_EQ(repaired("\xc3"), "?");
}

}  // namespace
}  // namespace outrigger
