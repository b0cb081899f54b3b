// SPDX-License-Identifier: Apache-2.0
#include "metrics/sample_line.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace outrigger::metrics {
namespace {

TEST(SampleLine, a_line_is_taken_apart) {
    SampleLine line;
    EXPECT_EQ(read_sample("a:b_1{k=\"v\",l=\"q\\\" b\\\\ n\\n\",} 1.5 1763596800123", false, line), "");
    EXPECT_EQ(line.name, "a:b_1");
    ASSERT_EQ(line.labels.size(), 2U);
    EXPECT_EQ(line.label("k")->value, "v");
    EXPECT_EQ(line.label("l")->value, "q\" b\\ n\n");
    EXPECT_EQ(line.label("m"), nullptr);
    EXPECT_EQ(line.value, 1.5);
    EXPECT_EQ(line.timestamp, 1763596800123.0);
}

TEST(SampleLine, more_than_64_labels_are_too_many) {
    std::string labels;
    for (int i = 0; i < 64; ++i) labels += 'l' + std::to_string(i) + "=\"\",";
    SampleLine most;
    EXPECT_EQ(read_sample("a{" + labels + "} 1", false, most), "");
    SampleLine more;
    EXPECT_EQ(read_sample("a{" + labels + "z=\"\"} 1", false, more), "more than 64 labels");
}

TEST(SampleLine, blanks_may_stand_between_the_parts) {
    SampleLine line;
    EXPECT_EQ(read_sample(" a\t{ k = \"v\" , }\t 1  2 ", false, line), "");
    EXPECT_EQ(line.label("k")->value, "v");
    EXPECT_EQ(line.timestamp, 2.0);
}

TEST(SampleLine, an_exemplar_may_follow_where_the_format_has_them) {
    SampleLine line;
    EXPECT_EQ(read_sample("a_total{} 3 1.5 # {trace_id=\"x\"} 0.5 1520879607.789", true, line), "");
    ASSERT_TRUE(line.exemplar);
    EXPECT_EQ(line.exemplar->labels.at(0).value, "x");
    EXPECT_EQ(line.exemplar->value, 0.5);
    EXPECT_EQ(line.exemplar->at, 1520879607.789);
    SampleLine plain;
    EXPECT_EQ(read_sample("a_total 3 # {} 0.5", true, plain), "");
    EXPECT_FALSE(plain.exemplar->at);
    SampleLine refused;
    EXPECT_EQ(read_sample("a_total 3 # {} 0.5", false, refused), "a timestamp is no number");
}

TEST(SampleLine, what_is_wrong_is_said) {
    const auto fault = [](std::string_view text) {
        SampleLine line;
        return std::string{read_sample(text, true, line)};
    };
    EXPECT_EQ(fault("9a 1"), "a metric's name is wrong");
    EXPECT_EQ(fault("{a=\"b\"} 1"), "a metric's name is wrong");
    EXPECT_EQ(fault("a{:b=\"c\"} 1"), "a label's name is wrong");
    EXPECT_EQ(fault("a{b} 1"), "= is missing behind a label's name");
    EXPECT_EQ(fault("a{b=c} 1"), "a label's value is not in quotes");
    EXPECT_EQ(fault("a{b=\"c} 1"), "a label's value does not end, or has an unknown escape");
    EXPECT_EQ(fault("a{b=\"\\"), "a label's value does not end, or has an unknown escape");
    EXPECT_EQ(fault("a{b=\"\\t\"} 1"), "a label's value does not end, or has an unknown escape");
    EXPECT_EQ(fault("a{b=\"c\",b=\"d\"} 1"), "a label is there twice");
    EXPECT_EQ(fault("a{b=\"c\" d=\"e\"} 1"), "neither , nor } behind a label");
    EXPECT_EQ(fault("a{b=\"c\""), "neither , nor } behind a label");
    for (const char* value : {"", "x", "1x", "0x10", "1 2 3", "--1", "+-1", "1_000", "nan(1)"})
        EXPECT_NE(fault("a " + std::string{value}), "") << value;
    EXPECT_EQ(fault("a 1 x"), "a timestamp is no number");
    EXPECT_EQ(fault("a 1 2 3"), "something follows the timestamp");
    EXPECT_EQ(fault("a 1 # 2"), "an exemplar has no labels");
    EXPECT_EQ(fault("a 1 # {} x"), "an exemplar's value is no number");
    EXPECT_EQ(fault("a 1 # {} 1 x"), "an exemplar's timestamp is no number");
    EXPECT_EQ(fault("a 1 # {} 1 2 3"), "something follows the exemplar");
}

TEST(SampleLine, numbers_are_read_as_go_does) {
    EXPECT_EQ(read_number("1e3"), 1000.0);
    EXPECT_EQ(read_number("+5"), 5.0);
    EXPECT_EQ(read_number("-Inf"), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(read_number("+Inf"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(read_number("inf"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(read_number("1e999"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(read_number("-1e999"), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(read_number("1e-999"), 0.0);
    EXPECT_TRUE(std::isnan(read_number("NaN").value()));
    EXPECT_FALSE(read_number(""));
    EXPECT_FALSE(read_number("+"));
}

TEST(SampleLine, help_is_unescaped) {
    EXPECT_EQ(unescaped_help("a\\n\\\\\\\"\\t\\", false), "a\n\\\\\"\\t\\");
    EXPECT_EQ(unescaped_help("\\\"", true), "\"");
}

}  // namespace
}  // namespace outrigger::metrics
