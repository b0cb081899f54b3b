// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/board.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};
constexpr const char* nothing = R"({"status":"ok","info":{},"error":{},"details":{}})";

TEST(Board, without_checks_every_page_is_ok) {
    const Board board;
    const auto pages = board.pages();
    for (const auto* page : {&pages->health, &pages->live, &pages->ready, &pages->startup}) {
        EXPECT_EQ(page->status, 200);
        EXPECT_EQ(page->body, nothing);
    }
}

TEST(Board, a_check_that_has_not_run_yet_is_down) {
    Board board;
    board.add("app");
    const auto pages = board.pages();
    EXPECT_EQ(pages->ready.status, 503);
    EXPECT_EQ(pages->ready.body,
              R"({"status":"error","info":{},"error":{"app":{"message":"not checked yet","status":"down"}},)"
              R"("details":{"app":{"message":"not checked yet","status":"down"}}})");
    EXPECT_EQ(pages->health.body, pages->ready.body);
    EXPECT_EQ(pages->startup.body, pages->ready.body);
    EXPECT_EQ(pages->live.body, nothing);
}

TEST(Board, a_report_is_on_the_pages_at_once_and_a_change_is_told) {
    Board board;
    const auto app = board.add("app");
    const auto change = board.report(app, up(1ms));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->check, "app");
    EXPECT_EQ(change->from, Status::unchecked);
    EXPECT_EQ(change->to, Status::up);
    EXPECT_EQ(change->message, "");
    EXPECT_FALSE(board.report(app, up(2ms)));
    EXPECT_EQ(board.pages()->ready.status, 200);
    EXPECT_EQ(board.pages()->ready.body,
              R"({"status":"ok","info":{"app":{"responseTime":2,"status":"up"}},"error":{},)"
              R"("details":{"app":{"responseTime":2,"status":"up"}}})");
}

TEST(Board, long_texts_are_cut_between_characters) {
    Board board;
    const auto app = board.add("app");
    Outcome outcome = down(std::string(255, 'm') + "\u00e9 and more");
    outcome.details = {{"statusText", std::string(72'000, 's')}, {"statusCode", std::int64_t{500}}};
    const auto change = board.report(app, outcome);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->message, std::string(255, 'm'));
    EXPECT_EQ(board.transitions().back().message.size(), 255U);
    EXPECT_LT(board.pages()->health.body.size(), 1'300U);
    EXPECT_NE(board.pages()->health.body.find(std::string(256, 's')), std::string::npos);
    board.report(app, down(std::string(300, '\x80')));
    EXPECT_EQ(board.pages()->checks.front()->outcome.message.size(), 253U) << "no UTF-8, and bounded";
}

TEST(Board, a_damped_failure_is_neither_shown_nor_told) {
    Board board;
    const auto app = board.add("app");
    board.report(app, up());
    EXPECT_FALSE(board.report(app, down("refused")));
    EXPECT_EQ(board.pages()->ready.status, 200);
    const auto change = board.report(app, down("refused"));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->message, "refused");
    EXPECT_EQ(board.pages()->ready.status, 503);
    EXPECT_EQ(board.pages()->live.status, 200);   // never, whatever a dependency does
}

TEST(Board, an_optional_check_that_is_down_only_degrades) {
    Board board;
    const auto cache = board.add("cache", {.optional = true});
    EXPECT_EQ(board.pages()->ready.status, 200);
    const auto change = board.report(cache, down("refused", 3ms));
    ASSERT_TRUE(change);
    EXPECT_EQ(change->to, Status::down);   // the event tells what is; the page what follows
    EXPECT_TRUE(change->optional);
    EXPECT_EQ(board.pages()->ready.status, 200);
    EXPECT_EQ(
        board.pages()->ready.body,
        R"({"status":"degraded","info":{"cache":{"message":"refused","responseTime":3,"status":"degraded"}},)"
        R"("error":{},"details":{"cache":{"message":"refused","responseTime":3,"status":"degraded"}}})");
    EXPECT_EQ(board.pages()->startup.body, nothing);
}

TEST(Board, a_startup_check_gates_the_start_and_not_readiness) {
    Board board;
    const auto migrated = board.add("migrated", {.group = Group::startup});
    EXPECT_EQ(board.pages()->startup.status, 503);
    EXPECT_EQ(board.pages()->health.status, 503);
    EXPECT_EQ(board.pages()->ready.body, nothing);
    board.report(migrated, up());
    EXPECT_EQ(board.pages()->startup.status, 200);
}

TEST(Board, startup_is_ok_once_every_required_check_was_up_once_and_from_then_on) {
    Board board;
    const auto one = board.add("one", {.damping = {.fail_after = 1}});
    const auto two = board.add("two");
    board.report(one, up());
    EXPECT_EQ(board.pages()->startup.body,
              R"({"status":"error","info":{"one":{"status":"up"}},)"
              R"("error":{"two":{"message":"not checked yet","status":"down"}},)"
              R"("details":{"one":{"status":"up"},"two":{"message":"not checked yet","status":"down"}}})");
    board.report(one, down("gone"));
    board.report(two, up(5ms));
    EXPECT_EQ(board.pages()->ready.status, 503);
    EXPECT_EQ(board.pages()->startup.status, 200);
    EXPECT_EQ(board.pages()->startup.body,
              R"({"status":"ok","info":{"one":{"status":"up"},"two":{"status":"up"}},"error":{},)"
              R"("details":{"one":{"status":"up"},"two":{"status":"up"}}})");
}

TEST(Board, draining_fails_ready_and_health_and_leaves_live_and_startup) {
    Board board;
    board.report(board.add("app"), up());
    EXPECT_TRUE(board.begin_drain());
    EXPECT_FALSE(board.begin_drain());
    EXPECT_TRUE(board.draining());
    const auto pages = board.pages();
    EXPECT_EQ(pages->ready.status, 503);
    EXPECT_EQ(pages->ready.body, R"({"status":"shutting_down","info":{"app":{"status":"up"}},"error":{},)"
                                 R"("details":{"app":{"status":"up"}}})");
    EXPECT_EQ(pages->health.body, pages->ready.body);
    EXPECT_EQ(pages->live.body, nothing);
    EXPECT_EQ(pages->live.status, 200);
    EXPECT_EQ(pages->startup.status, 200);
}

TEST(Board, a_silent_worker_fails_liveness_until_it_beats_again) {
    Board board{{.wedged_after = 10s}};
    Heartbeat& worker = board.watch("worker-0", start);
    EXPECT_TRUE(board.look(start + 9s).empty());
    EXPECT_EQ(board.pages()->live.body, nothing);

    const auto stuck = board.look(start + 12s + 500ms);
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_EQ(stuck[0].worker, "worker-0");
    EXPECT_TRUE(stuck[0].stuck);
    EXPECT_EQ(stuck[0].silence, 12s + 500ms);
    EXPECT_EQ(board.pages()->live.status, 503);
    EXPECT_EQ(board.pages()->live.body,
              R"({"status":"error","info":{},)"
              R"("error":{"worker-0":{"message":"no sign of life for 12 s","status":"down"}},)"
              R"("details":{"worker-0":{"message":"no sign of life for 12 s","status":"down"}}})");
    EXPECT_EQ(board.pages()->health.status, 503);
    EXPECT_EQ(board.pages()->ready.status, 200);
    EXPECT_TRUE(board.look(start + 13s).empty());   // told once
    EXPECT_NE(board.pages()->live.body.find("for 13 s"), std::string::npos);

    worker.beat(start + 14s);
    const auto alive = board.look(start + 15s);
    ASSERT_EQ(alive.size(), 1U);
    EXPECT_FALSE(alive[0].stuck);
    EXPECT_EQ(board.pages()->live.body, nothing);
}

TEST(Board, names_must_be_there_and_taken_once) {
    Board board;
    board.add("app");
    EXPECT_THROW(board.add("app"), std::invalid_argument);
    EXPECT_THROW(board.add(""), std::invalid_argument);
    EXPECT_THROW((void)board.watch("app", start), std::invalid_argument);
    EXPECT_THROW((void)board.watch("", start), std::invalid_argument);
    EXPECT_THROW(board.add("db", {.damping = {.fail_after = 0}}), std::invalid_argument);
    EXPECT_THROW(board.add("db", {.damping = {.recover_after = 0}}), std::invalid_argument);
    board.add("db");   // what was refused left nothing behind
}

TEST(Board, a_group_of_ones_own_has_a_page_and_no_part_in_readiness_or_start) {
    Board board;
    const auto search = board.add("search", {.group = Group::own, .page = "checkout"});
    board.add("prices", {.group = Group::own, .optional = true, .page = "checkout"});
    EXPECT_EQ(board.pages()->ready.body, nothing);
    EXPECT_EQ(board.pages()->startup.body, nothing);
    EXPECT_EQ(board.pages()->health.status, 503);
    EXPECT_EQ(board.pages()->find("checkin"), nullptr);
    board.report(search, up());
    const auto pages = board.pages();
    ASSERT_NE(pages->find("checkout"), nullptr);
    EXPECT_EQ(
        pages->find("checkout")->body,
        R"({"status":"degraded","info":{"search":{"status":"up"},)"
        R"("prices":{"message":"not checked yet","status":"degraded"}},"error":{},)"
        R"("details":{"search":{"status":"up"},"prices":{"message":"not checked yet","status":"degraded"}}})");
    board.begin_drain();
    EXPECT_EQ(board.pages()->find("checkout")->status, 503);
}

TEST(Board, a_page_is_there_in_every_format) {
    Board board;
    board.report(board.add("db"), up());
    const auto pages = board.pages();
    EXPECT_EQ(&pages->ready.in(Format::terminus12), &pages->ready);
    EXPECT_EQ(pages->ready.in(Format::spring).body, R"({"status":"UP","components":{"db":{"status":"UP"}}})");
    EXPECT_EQ(&pages->ready.in(Format::spring), &pages->ready.in(Format::spring)) << "written once";
}

TEST(Board, what_is_expected_is_down_until_it_is_added) {
    Board board;
    board.add("app");
    board.expect("plugin");
    board.add("db");
    EXPECT_THROW(board.expect("plugin"), std::invalid_argument);
    EXPECT_THROW(board.expect("app"), std::invalid_argument);
    EXPECT_NE(board.pages()->ready.body.find("expected, but not added yet"), std::string::npos);
    const auto plugin = board.add("plugin", {.optional = true});
    EXPECT_EQ(plugin.index, 1U) << "in its place";
    board.report(plugin, up());
    EXPECT_EQ(board.pages()->checks.at(1)->key, "plugin");
    EXPECT_EQ(board.pages()->checks.at(1)->status, Status::up);
    EXPECT_THROW(board.add("plugin"), std::invalid_argument);
}

TEST(Board, keeps_the_last_changes_with_their_reasons) {
    Board board;
    const auto app = board.add("app", {.damping = {.fail_after = 1}});
    for (std::size_t i = 0; i < transitions_max; ++i)
        board.report(app, i % 2 == 0 ? up() : down("refused"), {.at = WallTime{std::chrono::seconds{i}}});
    EXPECT_EQ(board.transitions().size(), transitions_max);
    EXPECT_EQ(board.transitions().front().from, Status::unchecked);
    board.report(app, degraded("slow"), {.at = WallTime{7h}});
    EXPECT_EQ(board.transitions().size(), transitions_max);
    EXPECT_EQ(board.transitions().front().from, Status::up);
    EXPECT_EQ(board.transitions().back().at, WallTime{7h});
    EXPECT_EQ(board.transitions().back().message, "slow");
}

TEST(Board, a_result_at_once_is_not_damped) {
    Board board;
    const auto app = board.add("app", {.damping = {.fail_after = 100}});
    board.report(app, up());
    EXPECT_TRUE(board.report(app, down("not checked for 40 s"), {.at_once = true}));
    EXPECT_EQ(board.pages()->ready.status, 503);
}

// Probes on other threads while the owner reports: the thread sanitizer watches.
TEST(Board, pages_are_read_while_reports_come_in) {
    Board board;
    const auto app = board.add("app", {.damping = {.fail_after = 1}});
    std::atomic<bool> done{false};
    std::thread probe{[&] {
        while (!done.load()) {
            const auto pages = board.pages();
            (void)pages->ready.in(Format::health_json);
            ASSERT_EQ(pages->ready.status == 200, pages->ready.body.find("\"ok\"") != std::string::npos);
        }
    }};
    for (int i = 0; i < 2'000; ++i) board.report(app, i % 2 == 0 ? up() : down("no"));
    done = true;
    probe.join();
}

}   // namespace
}   // namespace outrigger::health
