// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/operational_log.hpp>
#include "lines.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using health::Status;
using logging::Level;

constexpr WallTime at = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}} + 1us;

std::string head(std::string_view level, std::string_view message) {
    return R"({"@timestamp":"2026-11-20T00:00:00.000001Z","log.level":")" + std::string{level} +
           R"(","message":")" + std::string{message} +
           R"(","ecs.version":"9.4.0","service":{"name":"orders"},)";
}

std::string tail(std::string_view action) {
    return R"("event":{"dataset":"outrigger.operations","action":")" + std::string{action} + "\"}}\n";
}

class Operations : public ::testing::Test {
protected:
    Lines lines;
    OperationalLog log{lines.writer(), "orders"};
};

TEST_F(Operations, a_start_is_a_line) {
    log.emit(SidecarStarted{"0.1.0", "0.0.0.0:8080", "127.0.0.1:3000", "0.0.0.0:9901", 2}, at);
    EXPECT_EQ(
        lines.take(),
        head("info", "outrigger 0.1.0 listens on 0.0.0.0:8080 for 127.0.0.1:3000, admin on 0.0.0.0:9901") +
            R"("outrigger":{"version":"0.1.0","listen":"0.0.0.0:8080",)"
            R"("app":"127.0.0.1:3000","admin":"0.0.0.0:9901","workers":2},)" + tail("sidecar-started"));
}

TEST_F(Operations, a_drain_is_two_lines) {
    log.emit(DrainBegan{"SIGTERM", 25s}, at);
    EXPECT_EQ(lines.take(), head("info", "draining (SIGTERM), for at most 25 s") +
                                R"("outrigger":{"cause":"SIGTERM"},)" + tail("drain-began"));
    log.emit(DrainEnded{1500ms, 0}, at);
    EXPECT_EQ(lines.take(), head("info", "drained in 1500.0 ms, exchanges cut: 0") +
                                R"("outrigger":{"cut":0},)" + tail("drain-ended"));
    log.emit(DrainEnded{25s, 3}, at);
    EXPECT_EQ(lines.take(), head("warn", "drained in 25000.0 ms, exchanges cut: 3") +
                                R"("outrigger":{"cut":3},)" + tail("drain-ended"));
    log.emit(AppMetricsChanged{true, ""}, at);
    EXPECT_EQ(lines.take(), head("info", "the app's own metrics are part of the page") +
                                R"("outrigger":{"app_metrics_up":true},)" + tail("app-metrics-changed"));
    log.emit(AppMetricsChanged{false, "No answer."}, at);
    EXPECT_EQ(lines.take(), head("warn", "the metrics page goes without the app's own: No answer.") +
                                R"("outrigger":{"app_metrics_up":false},)" + tail("app-metrics-changed"));
}

TEST_F(Operations, a_receiver_that_is_lost_or_back_is_a_line) {
    log.emit(ShippingChanged{"logstash:8080", "logstash:8080: refused"}, at);
    EXPECT_EQ(lines.take(), head("warn", "log records wait: logstash:8080: refused") +
                                R"("outrigger":{"receiver":"logstash:8080"},)" + tail("shipping-changed"));
    log.emit(ShippingChanged{"logstash:8080", ""}, at);
    EXPECT_EQ(lines.take(), head("info", "log records reach logstash:8080 again") +
                                R"("outrigger":{"receiver":"logstash:8080"},)" + tail("shipping-changed"));
}

TEST_F(Operations, a_check_that_changes_is_a_line_of_its_severity) {
    log.emit(health::CheckChanged{"db", Status::up, Status::down, "timed \"out\"", false}, at);
    EXPECT_EQ(lines.take(),
              head("error", R"(health check db is down: timed \"out\")") +
                  R"("outrigger":{"check":"db","from":"up","to":"down"},)" + tail("check-changed"));
    log.emit(health::CheckChanged{"cache", Status::up, Status::down, "", true}, at);
    EXPECT_EQ(lines.take(),
              head("warn", "health check cache is down") +
                  R"("outrigger":{"check":"cache","from":"up","to":"down"},)" + tail("check-changed"));
    log.emit(health::CheckChanged{"db", Status::unchecked, Status::up, "", false}, at);
    EXPECT_EQ(lines.take(),
              head("info", "health check db is up") +
                  R"("outrigger":{"check":"db","from":"unchecked","to":"up"},)" + tail("check-changed"));
}

TEST_F(Operations, a_stuck_worker_is_an_error_and_its_return_is_not) {
    log.emit(health::WorkerChanged{"worker-1", true, 31s}, at);
    EXPECT_EQ(lines.take(), head("error", "worker-1 gave no sign of life for 31 s") +
                                R"("outrigger":{"worker":"worker-1"},)" + tail("worker-stuck"));
    log.emit(health::WorkerChanged{"worker-1", false, 0s}, at);
    EXPECT_EQ(lines.take(), head("info", "worker-1 is alive again") +
                                R"("outrigger":{"worker":"worker-1"},)" + tail("worker-recovered"));
}

TEST_F(Operations, a_sentence_is_a_line_unless_it_is_below_the_level) {
    log.say(Level::debug, "nobody asked", at);
    EXPECT_EQ(lines.take(), "");
    log.say(Level::warn, "the spool is in memory", at);
    EXPECT_EQ(lines.take(), head("warn", "the spool is in memory") + "\"event\":{\"dataset\":\"outrigger.operations\"}}\n");
}

TEST_F(Operations, the_longest_texts_still_make_a_line) {
    const std::string worst(100'000, '\x01');
    log.emit(SidecarStarted{worst, worst, worst, worst, 1}, at);
    const std::string line = lines.take();
    EXPECT_GT(line.size(), 10'000U);
    EXPECT_EQ(line.substr(line.size() - 3), "}}\n");
}

}  // namespace
}  // namespace outrigger::middleware
