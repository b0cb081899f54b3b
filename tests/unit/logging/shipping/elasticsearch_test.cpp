// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/elasticsearch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "logging/shipping/event_id.hpp"

namespace outrigger::logging {
namespace {

using ::testing::HasSubstr;
using Kind = Outcome::Kind;

Outcome judged(const std::string& items, std::uint32_t records) {
    Parcel parcel{.batch = 3, .records = records, .lines = {}};
    for (std::uint32_t i = 0; i < records; ++i) parcel.lines += "{\"n\":" + std::to_string(i) + "}\n";
    return Elasticsearch{}.judge(200, R"({"errors":true,"items":[)" + items + "]}", std::move(parcel));
}
std::string item(int status, const std::string& more = "") {
    return R"({"create":{"status":)" + std::to_string(status) + more + "}}";
}
std::string written(const std::string& lines, std::uint32_t records) {
    std::string body;
    Elasticsearch{}.write({.records = records, .lines = lines}, body);
    return body;
}

TEST(Elasticsearch, creates_each_record_under_its_event_id) {
    std::string lines;
    append_with_ids(lines, "{\"event\":{}}\n", "abcdefghijklmnop", 1);
    EXPECT_EQ(written(lines, 1), "{\"create\":{\"_id\":\"abcdefghijklmnop-0000000000001\"}}\n" + lines);
}

TEST(Elasticsearch, ids_of_others_are_looked_for_and_escaped) {
    EXPECT_EQ(written("{\"event\":{\"id\":\"a\\\"b\",\"x\":1}}\n", 1),
              "{\"create\":{\"_id\":\"a\\\"b\"}}\n{\"event\":{\"id\":\"a\\\"b\",\"x\":1}}\n");
    for (const std::string line :
         {"{\"event\":{}}\n", "{\"event\":{\"id\":7}}\n", "{}\n", "no json\n", "[]\n", "{\"event\":{\"id\":\"\"}}\n"})
        EXPECT_EQ(written(line, 1), "{\"create\":{}}\n" + line);
    EXPECT_TRUE(written("{\"event\":{\"id\":\"" + std::string(513, 'x') + "\"}}\n", 1).starts_with("{\"create\":{}}\n"))
        << "the server takes 512 bytes";
}

TEST(Elasticsearch, the_target_is_an_index_or_a_data_stream) {
    EXPECT_THAT(Elasticsearch{}.target({}), HasSubstr("/logs-outrigger-default/_bulk?filter_path="));
    EXPECT_THAT(Elasticsearch{}.target({.path = "/mine"}), HasSubstr("/mine/_bulk?"));
}

TEST(Elasticsearch, what_was_created_and_what_was_there_is_delivered) {
    const Outcome outcome =
        judged(item(201) + ',' + item(409) + ',' + item(200, R"(,"failure_store":"not_enabled")"), 3);
    EXPECT_EQ(outcome.kind, Kind::judged);
    EXPECT_EQ(outcome.delivered, 3U);
    EXPECT_EQ(outcome.parcel.records, 0U);
}

TEST(Elasticsearch, only_what_may_work_later_is_tried_again) {
    const Outcome outcome = judged(item(201) + ',' + item(429) + ',' + item(201) + ',' + item(429), 4);
    EXPECT_EQ(outcome.delivered, 2U);
    EXPECT_EQ(outcome.parcel.records, 2U);
    EXPECT_EQ(outcome.parcel.lines, "{\"n\":1}\n{\"n\":3}\n");
    EXPECT_EQ(outcome.parcel.batch, 3);
    EXPECT_TRUE(outcome.busy);
    EXPECT_FALSE(judged(item(429) + ',' + item(503), 2).busy);
    EXPECT_TRUE(judged(item(500), 1).answered);
    EXPECT_EQ(judged(item(403), 1).parcel.records, 1U);
}

TEST(Elasticsearch, what_it_will_never_take_is_set_aside_with_its_words) {
    const Outcome outcome =
        judged(item(400, R"(,"error":{"type":"document_parsing_exception","reason":"no number"})") + ',' + item(404) +
                   ',' + item(201, R"(,"failure_store":"used")") + ',' + item(413),
               4);
    ASSERT_EQ(outcome.quarantined.size(), 4U);
    EXPECT_EQ(outcome.quarantined[0].reason, Rejection::rejected);
    EXPECT_EQ(outcome.quarantined[0].detail, "400 document_parsing_exception: no number");
    EXPECT_EQ(outcome.quarantined[0].line, "{\"n\":0}\n");
    EXPECT_EQ(outcome.quarantined[1].reason, Rejection::no_index);
    EXPECT_EQ(outcome.quarantined[2].reason, Rejection::failure_store);
    EXPECT_EQ(outcome.quarantined[3].reason, Rejection::too_large);
}

TEST(Elasticsearch, an_answer_that_does_not_speak_of_every_record_means_nothing) {
    for (const std::string& outcome : {item(201), item(201) + ',' + item(201) + ',' + item(201)})
        EXPECT_EQ(judged(outcome, 2).kind, Kind::again);
    for (const char* answer : {"", "{", "[]", "7", "{}", R"({"items":7})"}) {
        const Outcome outcome = Elasticsearch{}.judge(200, answer, {.records = 1, .lines = "{}\n"});
        EXPECT_EQ(outcome.kind, Kind::again) << answer;
        EXPECT_EQ(outcome.parcel.lines, "{}\n");
    }
}

TEST(Elasticsearch, items_that_say_nothing_are_tried_again) {
    const Outcome outcome = judged(R"(7,{"create":7},{"create":{"status":"x"}},{"a":{},"b":{}})", 4);
    EXPECT_EQ(outcome.parcel.records, 4U);
    EXPECT_EQ(outcome.delivered, 0U);
}

}   // namespace
}   // namespace outrigger::logging
