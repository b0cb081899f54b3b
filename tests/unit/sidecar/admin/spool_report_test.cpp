// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/spool_report.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace outrigger::admin {
namespace {

using namespace logging;

TEST(SpoolReport, is_json_that_reads_back) {
    SpoolReport report{.dir = "/spool",
                       .ledger = {.accepted = 10, .delivered = 1, .quarantined = {0, 0, 2, 0}, .dropped = {3, 0}, .spooled = 4},
                       .used = 5_KiB,
                       .max = 8_MiB,
                       .oldest = WallTime{std::chrono::hours{1}},
                       .quarantine_kept = 2,
                       .gaps = {{.reason = Loss::evicted, .records = {3, 0, 0}}},
                       .note = "was \"damaged\""};
    report.stored[1] = {.batches = 1, .records = 4, .bytes = 400_B, .oldest = report.oldest};
    const std::string json = to_json(report);
    EXPECT_EQ(json.substr(0, 101),
              R"({"dir":"/spool","used_bytes":5120,"max_bytes":8388608,"oldest":"1970-01-01T01:00:00.000000Z","ledger")");
    EXPECT_NE(json.find(R"("dropped":{"evicted":3,"corrupt":0},"spooled":4,"balanced":true})"), std::string::npos);
    const auto read = spool_report_of(json);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->ledger, report.ledger);
    EXPECT_EQ(read->stored[1].records, 4U);
    EXPECT_EQ(read->note, report.note);
    EXPECT_EQ(read->max, report.max);
}

TEST(SpoolReport, is_not_read_from_anything_else) {
    for (const char* text : {"", "null", "[]", "{}", R"({"dir":1})", R"({"dir":"x","used_bytes":-1})"})
        EXPECT_FALSE(spool_report_of(text)) << text;
}

}   // namespace
}   // namespace outrigger::admin
