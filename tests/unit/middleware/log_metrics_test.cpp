// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/log_metrics.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/metrics/registry.hpp>

namespace outrigger::middleware {
namespace {

TEST(LogMetrics, tell_what_was_taken_what_is_in_hand_and_what_found_no_room) {
    const int sink = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    // Never started: what it takes stays in hand.
    logging::Writer writer{sink, {.capacity = Bytes{10}, .flush_at = Bytes{10}}};
    ::close(sink);
    metrics::Registry registry;
    registry.absorb(log_metrics(writer));
    EXPECT_TRUE(writer.append("1234567\n"));
    EXPECT_FALSE(writer.append("1234567\n"));
    const std::string page = registry.text_page();
    EXPECT_NE(page.find("outrigger_log_accepted_total 1\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_log_delivered_total 0\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_log_dropped_total{reason=\"full\"} 1\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_log_dropped_total{reason=\"write_failed\"} 0\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_log_in_hand 1\n"), std::string::npos) << page;
}

TEST(LogMetrics, of_a_shipper_are_its_ledger) {
    logging::ShipperStats stats;
    stats.ledger = {.accepted = 10, .delivered = 4, .quarantined = {0, 1, 0, 0}, .dropped = {2, 0}, .spooled = 3};
    stats.spool = {.used = Bytes{4096}, .max = Bytes{1 << 20}, .oldest = WallTime{}};
    stats.refused = {7, 0, 0};
    stats.attempts = 6;   // one is under way
    stats.taken_attempts = 3;
    stats.failed_attempts = 2;
    const ManualClock clock;
    metrics::Registry registry;
    registry.absorb(shipping_metrics([&] { return stats; }, clock));
    const std::string page = registry.text_page();
    for (const char* line :
         {"outrigger_log_accepted_total 10", "outrigger_log_delivered_total 4", "outrigger_log_quarantined_total{reason=\"no_index\"} 1",
          "outrigger_log_dropped_total{reason=\"evicted\"} 2", "outrigger_log_spooled 3",
          "outrigger_log_refused_total{severity=\"low\"} 7", "outrigger_log_spool_bytes 4096",
          "outrigger_log_attempts_total{outcome=\"taken\"} 3", "outrigger_log_attempts_total{outcome=\"failed\"} 2"})
        EXPECT_NE(page.find(std::string{line} + '\n'), std::string::npos) << line << '\n' << page;
}

TEST(LogMetrics, of_an_intake_are_what_it_was_given) {
    IntakeCounts counts;
    counts.accepted = 3;
    counts.refused_full = 2;
    metrics::Registry registry;
    registry.absorb(intake_metrics(counts));
    const std::string page = registry.text_page();
    EXPECT_NE(page.find("outrigger_log_intake_records_total 3\n"), std::string::npos) << page;
    EXPECT_NE(page.find("outrigger_log_intake_refused_total{reason=\"full\"} 2\n"), std::string::npos) << page;
}

}  // namespace
}  // namespace outrigger::middleware
