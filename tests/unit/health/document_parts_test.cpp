// SPDX-License-Identifier: Apache-2.0
#include "health/document_parts.hpp"

#include <gtest/gtest.h>

namespace outrigger::health {
namespace {

TEST(FormatOf, a_query_names_the_format) {
    EXPECT_EQ(format_of("", ""), Format::terminus12);
    EXPECT_EQ(format_of("format=terminus11", ""), Format::terminus11);
    EXPECT_EQ(format_of("format=terminus10", ""), Format::terminus10);
    EXPECT_EQ(format_of("a=b&format=spring&c", ""), Format::spring);
    EXPECT_EQ(format_of("format=microprofile", ""), Format::microprofile);
    EXPECT_EQ(format_of("format=health-json", "application/vnd.spring-boot.actuator.v3+json"),
              Format::health_json);
}

TEST(FormatOf, otherwise_the_first_known_media_type_does) {
    EXPECT_EQ(format_of("", "application/health+json"), Format::health_json);
    EXPECT_EQ(
        format_of("",
                  "text/html, application/vnd.spring-boot.actuator.v3+json;q=0.9, application/health+json"),
        Format::spring);
    EXPECT_EQ(format_of("", "*/*"), Format::terminus12);
    EXPECT_EQ(format_of("", "application/json"), Format::terminus12);
}

TEST(FormatOf, what_it_does_not_know_it_passes_over) {
    EXPECT_EQ(format_of("format=yaml", "application/health+json"), Format::health_json);
    EXPECT_EQ(format_of("format", ",;,"), Format::terminus12);
    EXPECT_EQ(format_of("&&format=", " "), Format::terminus12);
}

TEST(DocumentParts, details_stand_between_message_and_the_rest) {
    Outcome outcome = down("Request failed with status code 500");
    outcome.details = {{"statusCode", std::int64_t{500}}, {"statusText", "Internal Server Error"}};
    EXPECT_EQ(
        entry_body(outcome, Status::down),
        R"({"message":"Request failed with status code 500","statusCode":500,"statusText":"Internal Server Error","status":"down"})");
}

}   // namespace
}   // namespace outrigger::health
