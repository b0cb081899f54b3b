// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/log_metrics.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

}  // namespace
}  // namespace outrigger::middleware
