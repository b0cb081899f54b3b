// SPDX-License-Identifier: Apache-2.0
#include "logging/logger_core.hpp"
#include <outrigger/core/manual_blocking_clock.hpp>
#include "kept_records.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

constexpr auto normal = static_cast<std::size_t>(Severity::normal);
constexpr auto high = static_cast<std::size_t>(Severity::high);

class Cores : public ::testing::Test {
protected:
    LoggerSettings settings() {
        LoggerSettings all{.service = "orders"};
        all.sinks = {kept};
        all.clock = &clock;
        return all;
    }
    ManualBlockingClock clock;
    std::shared_ptr<KeptRecords> kept = std::make_shared<KeptRecords>();
};

TEST_F(Cores, what_a_full_sink_refuses_is_counted_by_severity) {
    const Logger log{settings()};
    log.info("a");
    kept->full = true;
    log.info("b");
    log.error("c");
    EXPECT_EQ(log.stats().taken[normal], 1u);
    EXPECT_EQ(log.stats().refused[normal], 1u);
    EXPECT_EQ(log.stats().refused[high], 1u);
}

TEST_F(Cores, an_error_waits_a_moment_for_room_and_is_taken_when_there_is_some) {
    const Logger log{settings()};
    kept->full = true;
    clock.in(600us, [this] { kept->full = false; });
    log.error("a");
    EXPECT_EQ(kept->taken().size(), 1u);
    EXPECT_EQ(log.stats().taken[high], 1u);
    EXPECT_LE(clock.waits().back().end - clock.waits().front().from, 700us);
}

TEST_F(Cores, after_a_wait_nobody_waits_for_a_hundred_times_as_long) {
    const Logger log{settings()};
    kept->full = true;
    log.error("a");
    const std::size_t waits = clock.waits().size();
    EXPECT_EQ(clock.waits().back().end - clock.waits().front().from, 1ms);
    clock.advance(99ms);
    log.error("b");
    EXPECT_EQ(clock.waits().size(), waits);
    clock.advance(1ms);
    log.error("c");
    EXPECT_GT(clock.waits().size(), waits);
    EXPECT_EQ(log.stats().refused[high], 3u);
}

TEST_F(Cores, what_is_below_error_does_not_wait) {
    const Logger log{settings()};
    kept->full = true;
    log.warn("a");
    EXPECT_TRUE(clock.waits().empty());
}

TEST_F(Cores, more_records_of_one_place_than_its_rate_are_suppressed_and_told_of) {
    LoggerSettings limited = settings();
    limited.site_rate = 2;
    const Logger log{limited};
    for (int second = 0; second < 2; ++second) {
        for (int i = 0; i < 1236; ++i) log.info("again");
        clock.advance(1s);
    }
    log.info("from elsewhere");
    const auto records = kept->taken();
    ASSERT_EQ(records.size(), 7u);
    EXPECT_NE(records[2].find(R"("message":"suppressed 1,234 records like this")"), std::string::npos) << records[2];
    EXPECT_NE(records[2].find(R"("outrigger":{"suppressed":1234})"), std::string::npos);
    EXPECT_NE(records[2].find(R"("origin":{"file":{"name":"logger_core_test.cpp")"), std::string::npos);
    EXPECT_NE(records[5].find("suppressed 1,234"), std::string::npos) << "any later record brings it";
    EXPECT_EQ(log.stats().suppressed[normal], 2 * 1234u);
}

TEST_F(Cores, a_flush_and_the_end_tell_what_was_suppressed) {
    LoggerSettings limited = settings();
    limited.site_rate = 1;
    {
        const Logger log{limited};
        for (int i = 0; i < 2; ++i) log.info("again");
        clock.advance(1s);
        EXPECT_TRUE(log.flush(1s));
        EXPECT_EQ(kept->taken().size(), 2u);
        for (int i = 0; i < 3; ++i) log.info("and again");
    }
    const auto records = kept->taken();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_NE(records[1].find("suppressed 2 records like this"), std::string::npos);
}

TEST_F(Cores, sampling_keeps_its_share_and_every_warning) {
    LoggerSettings sampled = settings();
    sampled.sample = 0.25;
    const Logger log{sampled};
    for (int i = 0; i < 4000; ++i) log.info("often");
    log.warn("seldom");
    log.error("never");
    const std::size_t kept_count = kept->taken().size();
    EXPECT_NEAR(static_cast<double>(kept_count), 1002, 150);
    EXPECT_EQ(log.stats().sampled[normal] + kept_count, 4002u);
}

TEST_F(Cores, sampling_keeps_a_trace_as_a_whole) {
    LoggerSettings sampled = settings();
    sampled.sample = 0.5;
    const Logger log{sampled};
    int whole = 0;
    for (int trace = 0; trace < 100; ++trace) {
        const std::string id = "trace-" + std::to_string(trace);
        const TraceContext scope{{.trace = id}};
        for (int i = 0; i < 3; ++i) log.info("x");
        const std::size_t count = kept->taken().size();
        EXPECT_TRUE(count == 0 || count == 3) << count;
        whole += count == 3 ? 1 : 0;
    }
    EXPECT_NEAR(whole, 50, 25);
}

TEST_F(Cores, a_record_that_is_longer_than_the_usual_is_made_as_well) {
    const Logger log{settings()};
    log.info(std::string(30'000, 'x'));
    EXPECT_GT(kept->one().size(), 30'000u);
    EXPECT_EQ(log.stats().truncated, 0u);
}

TEST_F(Cores, a_record_above_the_cap_is_cut_and_counted) {
    LoggerSettings capped = settings();
    capped.record_max = Bytes{2048};
    const Logger log{capped};
    log.info(std::string(5'000, 'x'));
    const std::string record = kept->one();
    EXPECT_LE(record.size(), 2048u);
    EXPECT_NE(record.find(R"("truncated":true)"), std::string::npos);
    EXPECT_EQ(log.stats().truncated, 1u);
    EXPECT_EQ(log.stats().taken[normal], 1u);
}

TEST_F(Cores, a_flush_asks_every_sink_within_the_time_given) {
    auto slow = std::make_shared<KeptRecords>();
    LoggerSettings two = settings();
    two.sinks.push_back(slow);
    const Logger log{two};
    slow->flushes = false;
    EXPECT_FALSE(log.flush(3s));
    EXPECT_EQ(kept->flushed_within, 3s);
    EXPECT_EQ(slow->flushed_within, 3s);
}

TEST_F(Cores, settings_that_make_no_sense_are_refused) {
    LoggerSettings small = settings();
    small.record_max = Bytes{1023};
    EXPECT_THROW(Logger{small}, std::invalid_argument);
    LoggerSettings negative = settings();
    negative.wait_for_errors = -1s;
    EXPECT_THROW(Logger{negative}, std::invalid_argument);
    LoggerSettings none = settings();
    none.sinks.push_back(nullptr);
    EXPECT_THROW(Logger{none}, std::invalid_argument);
    LoggerSettings pattern = settings();
    pattern.redact = {"a..b"};
    EXPECT_THROW(Logger{pattern}, std::invalid_argument);
}

}   // namespace
