// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/gap_record.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

TEST(GapRecord, tells_what_was_lost_why_and_when) {
    std::string line;
    append_gap_record(line, "shop", WallTime{3s}, "evicted", {2, 1, 0}, WallTime{1s}, WallTime{2s});
    EXPECT_EQ(line,
              R"({"@timestamp":"1970-01-01T00:00:03.000000Z","log.level":"warn",)"
              R"("message":"3 log records are missing here: evicted","ecs.version":"9.4.0","service":{"name":"shop"},)"
              R"("outrigger":{"gap":{"reason":"evicted","count":3,"severities":{"low":2,"normal":1,"high":0},)"
              R"("from":"1970-01-01T00:00:01.000000Z","to":"1970-01-01T00:00:02.000000Z"}},)"
              R"("event":{"kind":"event","dataset":"outrigger.shipper","action":"log_gap"}})"
              "\n");
}

TEST(GapRecord, one_is_one) {
    std::string line;
    append_gap_record(line, "shop", WallTime{}, "corrupt", {0, 0, 1}, WallTime{}, WallTime{});
    EXPECT_NE(line.find("\"1 log record is missing here: corrupt\""), std::string::npos);
}

}   // namespace
}   // namespace outrigger::logging
