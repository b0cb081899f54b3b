// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/ecs_record.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

constexpr WallTime day = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};

std::string stamp(WallTime at) { return std::string{Timestamp{}.write(at)}; }

TEST(Timestamp, is_rfc_3339_in_utc_with_microseconds) {
    EXPECT_EQ(stamp(day + 10h + 12min + 18s + 123456us), "2026-11-20T10:12:18.123456Z");
    EXPECT_EQ(stamp(day + 7us), "2026-11-20T00:00:00.000007Z");
}

TEST(Timestamp, cuts_what_is_finer) { EXPECT_EQ(stamp(day + 999ns), "2026-11-20T00:00:00.000000Z"); }

TEST(Timestamp, knows_leap_days_and_times_before_1970) {
    EXPECT_EQ(stamp(WallTime{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}} + 24h - 1us),
              "2024-02-29T23:59:59.999999Z");
    EXPECT_EQ(stamp(WallTime{} - 1us), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(stamp(WallTime{}), "1970-01-01T00:00:00.000000Z");
}

TEST(Timestamp, a_remembered_second_is_not_kept_too_long_nor_when_time_jumps_back) {
    Timestamp timestamp;
    EXPECT_EQ(timestamp.write(day + 1s + 5us), "2026-11-20T00:00:01.000005Z");
    EXPECT_EQ(timestamp.write(day + 1s + 999'999us), "2026-11-20T00:00:01.999999Z");
    EXPECT_EQ(timestamp.write(day + 2s), "2026-11-20T00:00:02.000000Z");
    EXPECT_EQ(timestamp.write(day + 1s), "2026-11-20T00:00:01.000000Z");
    EXPECT_EQ(timestamp.write(day - 1s), "2026-11-19T23:59:59.000000Z");
}

TEST(EcsRecord, begins_with_the_dotted_keys_in_the_order_of_ecs_logging) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    begin_ecs(json, "2026-11-20T10:12:18.123456Z", Level::warn, Plain{"said "}, std::string_view{"\"no\""});
    json.open("service");
    json.field("name", "orders");
    json.close();
    EXPECT_EQ(json.finish(), R"({"@timestamp":"2026-11-20T10:12:18.123456Z","log.level":"warn",)"
                             R"("message":"said \"no\"","ecs.version":"9.4.0","service":{"name":"orders"}})"
                             "\n");
}

}  // namespace
}  // namespace outrigger::logging
