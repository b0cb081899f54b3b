// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/spool_page.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sidecar/admin/spool_report.hpp"

namespace outrigger::admin {
namespace {

TEST(SpoolPage, shows_where_every_record_is) {
    logging::ShipperStats stats;
    stats.ledger = {.accepted = 10, .delivered = 4, .quarantined = {1, 0, 0, 0}, .dropped = {2, 0}, .spooled = 3};
    stats.spool = {.used = Bytes{5}, .max = Bytes{9}, .batches = 2, .oldest = WallTime{std::chrono::seconds{1'763'633'538}}};
    stats.refused = {7, 0, 0};
    stats.destination = "logstash:8080";
    stats.trouble = "it said \"no\"";
    const std::string text = spool_page("/var/spool", stats);
    const auto page = nlohmann::json::parse(text);
    EXPECT_TRUE(spool_report_of(text));   // what `outrigger spool inspect` reads
    EXPECT_EQ(page["ledger"]["accepted"], 10);
    EXPECT_EQ(page["ledger"]["balanced"], true);
    EXPECT_EQ(page["ledger"]["quarantined"]["rejected"], 1);
    EXPECT_EQ(page["ledger"]["dropped"]["evicted"], 2);
    EXPECT_EQ(page["dir"], "/var/spool");
    EXPECT_EQ(page["oldest"], "2025-11-20T10:12:18.000000Z");
    EXPECT_EQ(page["refused"]["low"], 7);
    EXPECT_EQ(page["receiver"]["trouble"], "it said \"no\"");
}

}   // namespace
}   // namespace outrigger::admin
