// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/base64.hpp>

#include <gtest/gtest.h>

namespace outrigger {
namespace {

// RFC 4648, section 10.
TEST(Base64, the_standard_s_examples) {
    EXPECT_EQ(base64("", Base64::standard), "");
    EXPECT_EQ(base64("f", Base64::standard), "Zg==");
    EXPECT_EQ(base64("fo", Base64::standard), "Zm8=");
    EXPECT_EQ(base64("foo", Base64::standard), "Zm9v");
    EXPECT_EQ(base64("foob", Base64::standard), "Zm9vYg==");
    EXPECT_EQ(base64("fooba", Base64::standard), "Zm9vYmE=");
    EXPECT_EQ(base64("foobar", Base64::standard), "Zm9vYmFy");
}

TEST(Base64, the_alphabets_differ_in_two_letters) {
    EXPECT_EQ(base64("\xfb\xff\xbf", Base64::standard), "+/+/");
    EXPECT_EQ(base64("\xfb\xff\xbf", Base64::url), "-_-_");
}

}  // namespace
}  // namespace outrigger
