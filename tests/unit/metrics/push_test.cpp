// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/push.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace outrigger::metrics {
namespace {

TEST(Push, the_verbs_are_the_right_way_round) {
    EXPECT_EQ(http_method_of(PushVerb::replace), "PUT");
    EXPECT_EQ(http_method_of(PushVerb::add), "POST");
    EXPECT_EQ(http_method_of(PushVerb::remove), "DELETE");
}

TEST(Push, a_group_is_a_path) {
    EXPECT_EQ(push_path({.job = "backup"}), "/metrics/job/backup");
    EXPECT_EQ(push_path({.job = "nightly backup",
                         .labels = {{"instance", "db-1:9"}, {"zone", "gr\xc3\xbc\xc3\x9f?#%+"}}}),
              "/metrics/job/nightly%20backup/instance/db-1%3A9/zone/gr%C3%BC%C3%9F%3F%23%25%2B");
}

TEST(Push, what_a_path_cannot_hold_is_in_base64) {
    EXPECT_EQ(push_path({.job = "a/b"}), "/metrics/job@base64/YS9i");
    EXPECT_EQ(push_path({.job = "j", .labels = {{"path", "/var/tmp"}, {"empty", ""}, {"up", ".."}}}),
              "/metrics/job/j/path@base64/L3Zhci90bXA=/empty@base64/=/up@base64/Li4=");
}

TEST(Push, a_group_that_is_none_is_refused_with_a_sentence) {
    const auto refusal = [](const PushGroup& group) -> std::string {
        try {
            return push_path(group);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
    EXPECT_EQ(refusal({}), "a push needs the name of its job");
    EXPECT_EQ(refusal({.job = "j", .labels = {{"a-b", "x"}}}),
              "a push's label is named 'a-b'; allowed are letters, digits and _");
    EXPECT_EQ(refusal({.job = "j", .labels = {{"job", "x"}}}), "a push's label 'job' is there twice");
}

TEST(Push, a_body_has_no_timestamps) {
    EXPECT_EQ(push_body({{.name = "a",
                          .help = "h",
                          .type = MetricType::gauge,
                          .numbers = {{.labels = {}, .value = 1, .timestamp_ms = 5}}}}),
              "# HELP a h\n# TYPE a gauge\na 1\n");
}

}  // namespace
}  // namespace outrigger::metrics
