// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/spdlog.hpp>

#include <spdlog/async.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <outrigger/logging/context.hpp>
#include "../logging/kept_records.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using logging::field;

class FromSpdlog : public ::testing::Test {
protected:
    std::shared_ptr<logging::KeptRecords> kept = std::make_shared<logging::KeptRecords>();
    logging::Logger log{{.service = "orders", .level = logging::Level::trace, .sinks = {kept}}};
    spdlog::logger spd{"payments", spdlog_sink(log, 1min)};

    FromSpdlog() { spd.set_level(spdlog::level::trace); }
    [[nodiscard]] static bool has(const std::string& record, std::string_view part) {
        return record.find(part) != std::string::npos;
    }
};

TEST_F(FromSpdlog, a_message_becomes_a_record_under_its_logger_s_name_and_thread) {
    spd.info("paid {} of {}", 3, 5);
    const std::string record = kept->one();
    EXPECT_TRUE(has(record, R"("log.level":"info","message":"paid 3 of 5","ecs.version":"9.4.0",)"
                            R"("service":{"name":"orders"},"log":{"logger":"payments"})"))
        << record;
    EXPECT_TRUE(has(record, R"("id":)" + std::to_string(::gettid()))) << record;
    EXPECT_TRUE(record.ends_with("}}\n"));
}

TEST_F(FromSpdlog, its_time_is_the_record_s) {
    const auto at = std::chrono::sys_days{std::chrono::year{2001} / 2 / 3} + 4h + 5min + 6s + 789us;
    spd.log(at, spdlog::source_loc{}, spdlog::level::info, "then");
    EXPECT_TRUE(kept->one().starts_with(R"({"@timestamp":"2001-02-03T04:05:06.000789Z",)"));
}

TEST_F(FromSpdlog, its_place_in_the_source_is_told_at_every_level) {
    spd.log(spdlog::source_loc{"/src/pay.cpp", 42, "charge"}, spdlog::level::info, "x");
    EXPECT_TRUE(has(kept->one(), R"("log":{"logger":"payments","origin":{"file":{"name":"pay.cpp","line":42},)"
                                 R"("function":"charge"}})"));
    SPDLOG_LOGGER_ERROR(&spd, "y");
    EXPECT_TRUE(has(kept->one(), R"("origin":{"file":{"name":"spdlog_test.cpp","line":)"));
}

TEST_F(FromSpdlog, levels_are_ours_and_critical_is_an_error_that_says_so) {
    const std::pair<spdlog::level::level_enum, std::string> levels[]{
        {spdlog::level::trace, "trace"}, {spdlog::level::debug, "debug"}, {spdlog::level::info, "info"},
        {spdlog::level::warn, "warn"},   {spdlog::level::err, "error"},   {spdlog::level::critical, "error"}};
    for (const auto& [level, word] : levels) {
        spd.log(level, "x");
        const std::string record = kept->one();
        EXPECT_TRUE(has(record, "\"log.level\":\"" + word + '"')) << record;
        EXPECT_EQ(has(record, R"("severity":5)"), level == spdlog::level::critical);
    }
}

TEST_F(FromSpdlog, the_scopes_of_the_thread_and_the_logger_s_fields_are_joined) {
    spdlog::logger tenant{"", spdlog_sink(log.named("own").with(field("tenant", "acme")))};
    const logging::TraceContext trace{{.trace = "0af7651916cd43dd8448eb211c80319c", .request = "r-1"}};
    tenant.warn("x");
    const std::string record = kept->one();
    EXPECT_TRUE(has(record, R"("tenant":"acme")")) << record;
    EXPECT_TRUE(has(record, R"("trace":{"id":"0af7651916cd43dd8448eb211c80319c"})")) << record;
    EXPECT_TRUE(has(record, R"("log":{"logger":"own"})")) << "without a name of its own in spdlog";
}

TEST_F(FromSpdlog, messages_below_the_logger_s_level_are_not_made) {
    log.set_level(logging::Level::warn);
    spd.info("x");
    EXPECT_TRUE(kept->taken().empty());
}

TEST_F(FromSpdlog, what_is_not_utf_8_or_too_long_or_has_no_room_harms_nothing) {
    spd.error("\xff\xfe");
    EXPECT_TRUE(has(kept->one(), "\"message\":\"\xef\xbf\xbd"));
    spd.error(std::string(1 << 20, 'x'));
    EXPECT_TRUE(has(kept->one(), R"("truncated":true)"));
    kept->full = true;
    spd.error("x");
    EXPECT_EQ(log.stats().refused[2], 1u);
}

TEST_F(FromSpdlog, a_flush_is_bounded) {
    spd.info("x");
    spd.flush();
    EXPECT_GT(kept->flushed_within, 0ns);
    EXPECT_LE(kept->flushed_within, 1min);
}

TEST_F(FromSpdlog, an_asynchronous_logger_works_too) {
    auto pool = std::make_shared<spdlog::details::thread_pool>(8, 1);
    auto later = std::make_shared<spdlog::async_logger>("later", spdlog_sink(log), pool);
    later->error("x");
    pool.reset();   // waits for what is in the queue
    EXPECT_TRUE(has(kept->one(), R"("log":{"logger":"later"})"));
}

class ToSpdlog : public ::testing::Test {
protected:
    std::ostringstream written;
    std::shared_ptr<spdlog::logger> spd =
        std::make_shared<spdlog::logger>("json", std::make_shared<spdlog::sinks::ostream_sink_mt>(written));
    logging::Logger log{{.service = "orders", .sinks = {to_spdlog(spd)}}};

    ToSpdlog() { spd->set_pattern("%v"); }
};

TEST_F(ToSpdlog, a_record_is_a_line_as_it_is) {
    log.info("100% {} of it", field("total", 12.5));
    const std::string line = written.str();
    EXPECT_TRUE(line.starts_with(R"({"@timestamp":")")) << line;
    EXPECT_TRUE(line.ends_with("}}\n")) << line;
    EXPECT_NE(line.find(R"("message":"100% {} of it")"), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(log.stats().taken[1], 1u);
}

TEST_F(ToSpdlog, levels_are_spdlog_s) {
    spd->set_pattern("%l");
    spd->set_level(spdlog::level::trace);
    log.set_level(logging::Level::trace);
    log.trace("a");
    log.debug("a");
    log.info("a");
    log.warn("a");
    log.error("a");
    EXPECT_EQ(written.str(), "trace\ndebug\ninfo\nwarning\nerror\n");
}

TEST_F(ToSpdlog, what_spdlog_throws_is_a_record_that_was_refused) {
    struct Broken final : spdlog::sinks::sink {
        void log(const spdlog::details::log_msg&) override { throw std::runtime_error{"no disk"}; }
        void flush() override { throw std::runtime_error{"no disk"}; }
        void set_pattern(const std::string&) override {}
        void set_formatter(std::unique_ptr<spdlog::formatter>) override {}
    };
    auto broken = std::make_shared<spdlog::logger>("broken", std::make_shared<Broken>());
    broken->set_error_handler([](const std::string& why) { throw std::runtime_error{why}; });
    const logging::Logger to{{.sinks = {to_spdlog(broken)}}};
    to.error("x");
    EXPECT_EQ(to.stats().refused[2], 1u);
    EXPECT_FALSE(to.flush(1s));
}

TEST_F(ToSpdlog, there_must_be_a_logger) { EXPECT_THROW((void)to_spdlog(nullptr), std::invalid_argument); }

}   // namespace
}   // namespace outrigger::middleware
