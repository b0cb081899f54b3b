// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/labels.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace outrigger::metrics {
namespace {

TEST(Labels, keep_their_own_copy_in_the_order_given) {
    std::string name = "method";
    std::string value = "GET";
    const Labels labels{{name, value}, {"route", "/users/{id}"}};
    name = value = "gone";
    ASSERT_EQ(labels.all().size(), 2U);
    EXPECT_EQ(labels.all()[0], (Label{"method", "GET"}));
    EXPECT_EQ(labels.all()[1], (Label{"route", "/users/{id}"}));
    EXPECT_EQ(labels.text(), "method=\"GET\",route=\"/users/{id}\"");
    EXPECT_EQ(labels.value("route"), "/users/{id}");
    EXPECT_EQ(labels.value("status"), "");
}

TEST(Labels, a_copy_shares_what_is_kept) {
    std::string_view view;
    Labels copy;
    {
        const Labels labels{{"k", "a value that is longer than a small string"}};
        view = labels.value("k");
        copy = labels;
    }
    EXPECT_EQ(copy.value("k").data(), view.data());
}

TEST(Labels, none_are_empty) {
    EXPECT_TRUE(Labels{}.empty());
    EXPECT_TRUE((Labels{{"k", ""}}.empty()));
    EXPECT_EQ(Labels{}.text(), "");
    EXPECT_TRUE(Labels{}.all().empty());
}

TEST(Labels, what_no_page_could_say_is_left_out) {
    const Labels labels{{"empty", ""}, {"no-dash", "x"}, {"1st", "x"}, {"", "x"}, {"ok_1", "y"}, {"ok_1", "z"}};
    EXPECT_EQ(labels.text(), "ok_1=\"y\"");
}

TEST(Labels, a_value_is_escaped_in_the_text_and_whole_in_the_view) {
    using namespace std::string_literals;
    const std::string value = "q\" b\\ n\n \0 ."s;
    const Labels labels{{"k", value}};
    EXPECT_EQ(labels.value("k"), value);
    EXPECT_EQ(labels.text(), "k=\"q\\\" b\\\\ n\\n \0 .\""s);
}

TEST(Labels, bytes_that_are_not_utf8_are_replaced) {
    const Labels labels{{"k", "gr\xc3\xbc\xff\xc3"}};
    EXPECT_EQ(labels.value("k"), "gr\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(labels.text(), "k=\"gr\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Names, are_those_that_every_prometheus_takes) {
    for (const char* name : {"a", "_a", "A9", "a_b"}) EXPECT_TRUE(label_name_allowed(name)) << name;
    for (const char* name : {"", "9", "a-b", "a:b", "\xc3\xbc"}) EXPECT_FALSE(label_name_allowed(name)) << name;
    EXPECT_TRUE(metric_name_allowed("job:rate5m"));
    EXPECT_FALSE(metric_name_allowed("a.b"));
}

}  // namespace
}  // namespace outrigger::metrics
