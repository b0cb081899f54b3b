// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/logger.hpp>
#include <outrigger/logging/redaction.hpp>
#include "kept_records.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

class Loggers : public ::testing::Test {
protected:
    std::shared_ptr<KeptRecords> kept = std::make_shared<KeptRecords>();
    Logger log{{.service = "orders", .sinks = {kept}}};
};

TEST_F(Loggers, lend_their_sinks_to_who_makes_whole_records) {
    const Logger two{{.service = "orders", .level = Level::error, .sinks = {kept, kept}, .redact = {"token"}}};
    const auto sink = two.sink();
    EXPECT_TRUE(sink->take("{\"event\":{}}\n", Level::info));
    EXPECT_EQ(kept->taken().size(), 2u);
    EXPECT_EQ(two.stats().taken[1], 1u);
    EXPECT_EQ(two.service(), "orders");
    EXPECT_TRUE(two.redaction().matches("token"));
}

TEST_F(Loggers, a_call_is_one_record_with_its_fields) {
    log.info("order placed", field("order.id", "o-1"), field("total", 12.5), field("paid", true));
    const std::string record = kept->one();
    EXPECT_NE(record.find(R"("log.level":"info","message":"order placed","ecs.version":"9.4.0","service":{"name":"orders"})"),
              std::string::npos)
        << record;
    EXPECT_NE(record.find(R"("order":{"id":"o-1"},"total":12.5,"paid":true,"event":{"dataset":"orders"}})"),
              std::string::npos)
        << record;
}

TEST_F(Loggers, what_is_below_the_level_is_not_made) {
    log.debug("a");
    EXPECT_FALSE(log.enabled(Level::debug));
    EXPECT_TRUE(kept->taken().empty());
    log.set_level(Level::trace);
    log.trace("b");
    log.debug("c");
    log.log(Level::warn, "d");
    EXPECT_EQ(kept->taken().size(), 3u);
}

TEST_F(Loggers, warnings_and_errors_say_where_they_come_from) {
    log.warn("a");
    const auto line = std::to_string(__LINE__ - 1);
    const std::string record = kept->one();
    EXPECT_NE(record.find(R"("log":{"origin":{"file":{"name":"logger_test.cpp","line":)" + line), std::string::npos)
        << record;
    log.info("b");
    EXPECT_EQ(kept->one().find("origin"), std::string::npos);
}

TEST_F(Loggers, a_child_has_its_parent_s_fields_and_its_own) {
    const Logger tenant = log.with(field("tenant", std::string{"acme"}), field("order.kind", 1));
    const Logger job = tenant.named("jobs").with(field("order.kind", 2));
    job.info("x", field("order.id", 7));
    const std::string record = kept->one();
    EXPECT_NE(record.find(R"("log":{"logger":"jobs"})"), std::string::npos) << record;
    EXPECT_NE(record.find(R"("order":{"id":7,"kind":2})"), std::string::npos) << record;
    EXPECT_NE(record.find(R"("tenant":"acme")"), std::string::npos);
    tenant.info("y");
    EXPECT_NE(kept->one().find(R"("order":{"kind":1})"), std::string::npos);
    EXPECT_EQ(log.stats().taken[1], 2u) << "figures are shared";
}

TEST_F(Loggers, what_another_library_was_told_keeps_its_time_its_name_and_its_place) {
    const WallTime at = std::chrono::sys_days{std::chrono::year{2001} / 2 / 3} + 4h;
    const Relayed said{.level = Level::info, .message = "paid", .at = at, .logger = "pay", .file = "/src/pay.cpp", .line = 7,
                       .function = "charge"};
    log.with(field("tenant", "acme")).relay(said, field("process.thread.id", 12));
    const std::string record = kept->one();
    EXPECT_TRUE(record.starts_with(R"({"@timestamp":"2001-02-03T04:00:00.000000Z","log.level":"info","message":"paid",)")) << record;
    EXPECT_NE(record.find(R"("log":{"logger":"pay","origin":{"file":{"name":"pay.cpp","line":7},"function":"charge"}})"),
              std::string::npos)
        << record;
    EXPECT_NE(record.find(R"("tenant":"acme")"), std::string::npos) << record;
    EXPECT_NE(record.find(R"("id":12)"), std::string::npos) << record;
    EXPECT_EQ(log.stats().taken[1], 1u);
}

TEST_F(Loggers, what_another_library_did_not_say_is_left_out_and_its_level_counts) {
    log.relay({.level = Level::error, .message = "x"});
    EXPECT_EQ(kept->one().find(R"("log":)"), std::string::npos);
    log.named("own").relay({.level = Level::error, .message = "x"});
    EXPECT_NE(kept->one().find(R"("log":{"logger":"own"})"), std::string::npos);
    log.relay({.level = Level::debug, .message = "x"});
    EXPECT_TRUE(kept->taken().empty());
}

TEST_F(Loggers, what_another_library_said_at_length_is_cut) {
    const std::string much(200 << 10, 'x');
    log.relay({.level = Level::error, .message = much, .logger = much, .file = much, .line = 1, .function = much});
    const std::string record = kept->one();
    EXPECT_LE(record.size(), std::size_t{64 << 10});
    EXPECT_NE(record.find(R"("truncated":true)"), std::string::npos);
    EXPECT_TRUE(record.ends_with("}}\n"));
}

TEST_F(Loggers, what_another_library_was_told_is_sampled_too) {
    const Logger none{{.sinks = {kept}, .sample = 0.0}};
    none.relay({.level = Level::info, .message = "x"});
    none.relay({.level = Level::error, .message = "x"});
    EXPECT_EQ(kept->taken().size(), 1u);
    EXPECT_EQ(none.stats().sampled[1], 1u);
}

TEST_F(Loggers, an_exception_is_a_field) {
    try {
        throw std::runtime_error{"card declined"};
    } catch (const std::exception& error) {
        log.error("payment failed", field(error));
    }
    EXPECT_NE(kept->one().find(R"("error":{"message":"card declined","type":"std::runtime_error"})"), std::string::npos);
}

TEST_F(Loggers, secrets_never_reach_a_sink) {
    const Logger careful{{.sinks = {kept}, .redact = {"password", "*.token"}}};
    const Context scope{field("session.token", "s3cr3t")};
    careful.with(field("password", "s3cr3t")).info("x", field("user.password", "s3cr3t"));
    const std::string record = kept->one();
    EXPECT_EQ(record.find("s3cr3t"), std::string::npos) << record;
    EXPECT_NE(record.find(R"("password":"[redacted]")"), std::string::npos);
}

TEST_F(Loggers, shipping_that_is_not_linked_is_told_in_one_sentence) {
    try {
        const Logger shipping{{.service = "orders", .ship = {.to = "stdout:"}}};
        ADD_FAILURE();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "ship.to needs the component outrigger::shipping: link it");
    }
}

TEST_F(Loggers, several_threads_log_at_once) {
    constexpr std::size_t threads = 4;
    constexpr std::size_t each = 500;
    std::vector<std::thread> all;
    for (std::size_t t = 0; t < threads; ++t)
        all.emplace_back([this, t] {
            const Context scope{field("thread", t)};
            for (std::size_t i = 0; i < each; ++i) log.with(field("a", 1)).info("x", field("i", i));
        });
    for (auto& thread : all) thread.join();
    EXPECT_EQ(kept->taken().size(), threads * each);
    EXPECT_EQ(log.stats().taken[1], threads * each);
}

}   // namespace
