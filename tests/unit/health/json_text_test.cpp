// SPDX-License-Identifier: Apache-2.0
#include "health/json_text.hpp"

#include <gtest/gtest.h>

namespace outrigger::health {
namespace {

std::string written(std::string_view text) {
    std::string out;
    append_json_text(out, text);
    return out;
}

TEST(JsonText, escapes_as_json_stringify_does) {
    EXPECT_EQ(written(""), "\"\"");
    EXPECT_EQ(written("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(written("\b\f\n\r\t"), R"("\b\f\n\r\t")");
    EXPECT_EQ(written(std::string_view{"\0\x01\x1f", 3}), R"("\u0000\u0001\u001f")");
    EXPECT_EQ(written("/<>&'\x7f \xe2\x80\xa8 caf\xc3\xa9"), "\"/<>&'\x7f \xe2\x80\xa8 caf\xc3\xa9\"");
}

TEST(JsonText, replaces_bytes_that_are_not_utf8) {
    EXPECT_EQ(written("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace outrigger::health
