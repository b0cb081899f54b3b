// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/same_text.hpp>

#include <gtest/gtest.h>

#include <string>

namespace outrigger {
namespace {

TEST(SameText, is_equality_at_every_length_and_in_every_byte) {
    std::string text;
    for (int length = 0; length < 40; ++length, text += static_cast<char>('a' + length % 26)) {
        EXPECT_TRUE(same_text(text, std::string{text}));
        EXPECT_FALSE(same_text(text, text + "-"));
        EXPECT_FALSE(same_text(text + "-", text));
        for (std::size_t i = 0; i < text.size(); ++i) {
            std::string other = text;
            other[i] = '-';
            ASSERT_FALSE(same_text(text, other)) << i << " of " << text;
        }
    }
    EXPECT_TRUE(same_text({}, ""));
}

TEST(BeginsWith, is_what_the_standard_library_says) {
    const std::string text = "/api/v1/users/{id}/orders";
    for (std::size_t length = 0; length <= text.size(); ++length) {
        const std::string prefix = text.substr(0, length);
        EXPECT_TRUE(begins_with(text, prefix));
        EXPECT_EQ(begins_with(prefix, text), length == text.size());
        if (length > 0) {
            EXPECT_FALSE(begins_with(text, prefix.substr(0, length - 1) + "-"));
        }
    }
}

}  // namespace
}  // namespace outrigger
