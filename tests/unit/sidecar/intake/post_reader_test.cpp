// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/post_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace outrigger::intake {
namespace {

using logging::Severity;
using logging::Submission;

class PostReaderTest : public testing::Test {
protected:
    // How many records, or what is wrong.
    std::string read(std::string_view body) {
        Submission taken;
        const auto mistake = reader.read(body, WallTime{}, taken);
        if (mistake) return mistake->sentence;
        for (const Submission::Part& part : taken.parts)
            EXPECT_EQ(std::count(part.lines.begin(), part.lines.end(), '\n'), part.records);
        return std::to_string(records_of(taken));
    }

    const logging::Redaction redaction;
    PostReader reader{"shop", redaction};
};

TEST_F(PostReaderTest, takes_an_object_an_array_and_lines) {
    EXPECT_EQ(read(R"({"a":1})"), "1");
    EXPECT_EQ(read(R"([{"a":1},{"a":2} , {"a":3}])"), "3");
    EXPECT_EQ(read("{\"a\":1}\n{\"a\":2}\r\n\n"), "2");
    EXPECT_EQ(read("{\"a\":\n1}{}"), "2");
    EXPECT_EQ(read("[{}]\n[{},{}]\n"), "3");
    EXPECT_EQ(read("[]"), "0");
    EXPECT_EQ(read("\xef\xbb\xbf{}"), "1");
}

TEST_F(PostReaderTest, says_which_record_and_which_byte_are_wrong) {
    EXPECT_EQ(read(""), "found no record: the body is empty.");
    EXPECT_EQ(read(" \n"), "found no record: the body is empty.");
    EXPECT_EQ(read("hello"), "record 1, byte 1: found 'h', expected a JSON object, or an array of objects.");
    EXPECT_EQ(read("{}\n{\"a\":x}"), "record 2, byte 9: found 'x', which is no JSON here: expected a value.");
    EXPECT_EQ(read("[{},7]"), "record 2, byte 5: found '7', expected a JSON object, or an array of objects.");
    EXPECT_EQ(read("[{}"), "record 1, byte 4: found the end, which is no JSON here: it ends too early.");
    EXPECT_EQ(read("[{} {}]"), "record 1, byte 5: found '{', which is no JSON here: expected a comma or the array's end.");
    EXPECT_EQ(read("[{},]"), "record 2, byte 5: found ']', expected a JSON object, or an array of objects.");
    EXPECT_EQ(read("{\"a\":1"), "record 1, byte 7: found the end, which is no JSON here: it ends too early.");
    EXPECT_EQ(read("{\"a\":\"\x01\"}"),
              "record 1, byte 7: found the byte 0x01, which is no JSON here: a control character in a text must be escaped.");
}

TEST_F(PostReaderTest, refuses_a_record_that_is_too_large) {
    const auto record = [](std::size_t size) { return "{\"a\":\"" + std::string(size - 8, 'x') + "\"}"; };
    EXPECT_EQ(read(record(record_max)), "1");
    EXPECT_EQ(read("{}" + record(record_max) + "{}"), "3");
    EXPECT_EQ(read("{}" + record(record_max + 1)),
              "record 2, byte 3: found a record of more than 256KiB, expected a smaller one.");
    EXPECT_EQ(read(record(4 * record_max)), "record 1, byte 1: found a record of more than 256KiB, expected a smaller one.");
}

TEST_F(PostReaderTest, sorts_records_by_severity_and_ids) {
    Submission taken;
    const std::string_view body =
        R"([{"level":"error","message":"1"},{"message":"2"},{"level":"warn","message":"3"},{"event":{"id":"x"},"message":"4"},{"level":10}])";
    ASSERT_FALSE(reader.read(body, WallTime{}, taken));
    ASSERT_EQ(taken.parts.size(), 4U);
    EXPECT_EQ(taken.parts[0].severity, Severity::high);
    EXPECT_EQ(taken.parts[0].records, 2U);
    EXPECT_LT(taken.parts[0].lines.find("\"1\""), taken.parts[0].lines.find("\"3\""));
    EXPECT_EQ(taken.parts[1].severity, Severity::normal);
    EXPECT_FALSE(taken.parts[1].own_ids);
    EXPECT_TRUE(taken.parts[2].own_ids);
    EXPECT_EQ(taken.parts[3].severity, Severity::low);
}

TEST_F(PostReaderTest, a_line_that_is_no_object_is_kept_as_a_message) {
    Submission taken;
    EXPECT_TRUE(reader.read_line("\xef\xbb\xbf {\"message\":\"a\"} ", WallTime{}, taken));
    for (const std::string_view line : {"no json", "{\"a\":", "{} {}", "[{}]", "7"})
        EXPECT_FALSE(reader.read_line(line, WallTime{}, taken)) << line;
    EXPECT_EQ(records_of(taken), 6U);
    EXPECT_EQ(taken.parts.size(), 1U);
    EXPECT_NE(taken.parts[0].lines.find("_jsonparsefailure"), std::string::npos);
}

}   // namespace
}   // namespace outrigger::intake
