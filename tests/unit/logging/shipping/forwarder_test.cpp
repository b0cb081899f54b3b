// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/forwarder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/logging/shipping/fake_sender.hpp"

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using Kind = Outcome::Kind;

// A forwarder with fake senders, in manual time.
class World {
public:
    explicit World(std::size_t hosts = 1,
                   Forwarder::Settings settings = {
                       .backoff = {.first = 100ms, .max = 1s, .jitter = resilience::Jitter::none}}) {
        std::vector<Forwarder::Host> list;
        for (std::size_t i = 0; i < hosts; ++i) {
            auto sender = std::make_unique<FakeSender>();
            senders.push_back(sender.get());
            list.push_back({.name = "host" + std::to_string(i), .sender = std::move(sender)});
        }
        forwarder = std::make_unique<Forwarder>(settings, std::move(list), Rng{7});
    }
    void offer(const std::string& lines) {
        stored[++last_id] = lines;
        forwarder->offer(batch(last_id));
        run();
    }
    Batch batch(std::int64_t id) const {
        const std::string& lines = stored.at(id);
        return {.id = id, .records = static_cast<std::uint32_t>(std::ranges::count(lines, '\n')), .lines = lines};
    }
    void run() { forwarder->advance(now); }
    void pass(Duration length) {
        now += length;
        run();
        while (forwarder->wants_batch() && forwarder->cursor() < last_id) {
            forwarder->offer(batch(forwarder->cursor() + 1));
            run();
        }
    }
    std::vector<std::int64_t> in_flight() const {
        std::vector<std::int64_t> ids;
        forwarder->in_flight(ids);
        return ids;
    }
    void end(Kind kind, std::size_t host = 0) {
        senders[host]->end(kind);
        run();
    }
    std::vector<Fate> fates() {
        auto fates = forwarder->fates();
        forwarder->fates_stored();
        return fates;
    }

    Instant now{1h};
    std::int64_t last_id = 0;
    std::map<std::int64_t, std::string> stored;
    std::vector<FakeSender*> senders;
    std::unique_ptr<Forwarder> forwarder;
};

TEST(Forwarder, sends_batches_in_their_order_and_reports_their_fate) {
    World world;
    world.offer("a\n");
    world.offer("b\nc\n");
    EXPECT_THAT(world.senders[0]->sent, ElementsAre("a\n"));
    world.end(Kind::delivered);
    EXPECT_THAT(world.senders[0]->sent, ElementsAre("a\n", "b\nc\n"));
    world.end(Kind::delivered);
    const auto fates = world.fates();
    ASSERT_EQ(fates.size(), 2U);
    EXPECT_EQ(fates[1].batch, 2);
    EXPECT_EQ(fates[1].delivered, 2U);
    EXPECT_TRUE(world.forwarder->idle());
    EXPECT_EQ(world.forwarder->settled_through(), 2);
}

TEST(Forwarder, tries_again_after_pauses_that_grow) {
    World world;
    world.offer("a\n");
    world.end(Kind::again);
    EXPECT_EQ(world.forwarder->wakes_at(), world.now + 100ms);
    EXPECT_EQ(world.forwarder->trouble(), "host0: no");
    world.pass(99ms);
    EXPECT_EQ(world.senders[0]->sent.size(), 1U);
    world.pass(1ms);
    EXPECT_EQ(world.senders[0]->sent.size(), 2U);
    world.end(Kind::again);
    EXPECT_EQ(world.forwarder->wakes_at(), world.now + 200ms);
    world.pass(200ms);
    world.end(Kind::delivered);
    EXPECT_EQ(world.forwarder->trouble(), "");
    EXPECT_EQ(world.forwarder->attempts(), 3U);
    EXPECT_EQ(world.forwarder->failed_attempts(), 2U);
}

TEST(Forwarder, waits_as_long_as_a_receiver_asks_for_but_no_day) {
    World world;
    world.offer("a\n");
    world.senders[0]->ready_outcomes.push_back(
        {.kind = Kind::again, .parcel = {.batch = 1, .records = 1, .lines = "a\n"}, .busy = true, .retry_after = 7s});
    world.senders[0]->under_way.clear();
    world.run();
    EXPECT_EQ(world.forwarder->wakes_at(), world.now + 7s);
    world.pass(7s);
    world.senders[0]->under_way.clear();
    world.senders[0]->ready_outcomes.push_back(
        {.kind = Kind::again, .parcel = {.batch = 1, .records = 1, .lines = "a\n"}, .busy = true, .retry_after = 24h});
    world.run();
    EXPECT_EQ(world.forwarder->wakes_at(), world.now + 1h);
}

TEST(Forwarder, another_host_stands_in_at_once_and_stays) {
    World world{2};
    world.offer("a\n");
    world.end(Kind::again);
    EXPECT_THAT(world.senders[1]->sent, ElementsAre("a\n"));
    EXPECT_EQ(world.forwarder->host(), "host1");
    world.end(Kind::delivered, 1);
    world.pass(1min);
    world.offer("b\n");
    EXPECT_THAT(world.senders[1]->sent, ElementsAre("a\n", "b\n"));
    world.end(Kind::again, 1);
    EXPECT_THAT(world.senders[0]->sent, ElementsAre("a\n", "b\n"));
}

TEST(Forwarder, asks_a_host_that_stays_down_only_as_often_as_the_longest_pause_says) {
    World world;
    world.senders[0]->answer = failed;
    world.offer("a\n");
    for (int i = 0; i < 600; ++i) world.pass(100ms);
    EXPECT_LE(world.forwarder->attempts(), 80U);
    EXPECT_GE(world.forwarder->attempts(), 40U);
    world.senders[0]->answer = delivered;
    for (int i = 0; i < 15; ++i) world.pass(100ms);
    EXPECT_EQ(world.fates().size(), 1U);
}

TEST(Forwarder, halves_what_is_refused_until_the_record_is_found) {
    for (const Kind kind : {Kind::refused, Kind::too_large}) {
        World world;
        world.senders[0]->answer = [&](Parcel parcel) {
            const bool bad = parcel.lines.find("bad") != std::string::npos;
            return Outcome{.kind = bad ? kind : Kind::delivered, .parcel = std::move(parcel), .detail = "words"};
        };
        world.offer("1\n2\n3\nbad\n5\n6\n7\n");
        const auto fates = world.fates();
        ASSERT_EQ(fates.size(), 1U);
        EXPECT_EQ(fates[0].delivered, 6U);
        ASSERT_EQ(fates[0].quarantined.size(), 1U);
        EXPECT_EQ(fates[0].quarantined[0].line, "bad\n");
        EXPECT_EQ(fates[0].quarantined[0].detail, "words");
        EXPECT_EQ(fates[0].quarantined[0].reason, kind == Kind::refused ? Rejection::rejected : Rejection::too_large);
        EXPECT_EQ(world.forwarder->trouble(), "");
    }
}

TEST(Forwarder, a_receiver_that_refuses_everything_is_a_wrong_one_and_nothing_is_set_aside) {
    World world;
    world.senders[0]->answer = [](Parcel parcel) {
        return Outcome{.kind = Kind::refused, .parcel = std::move(parcel), .detail = "HTTP 400"};
    };
    world.offer("a\nb\n");
    for (const char* lines : {"c\n", "d\n"}) world.stored[++world.last_id] = lines;   // offered in their turn
    EXPECT_EQ(world.forwarder->trouble(), "host0: HTTP 400");
    for (int minute = 0; minute < 10; ++minute) world.pass(1min);
    EXPECT_TRUE(world.fates().empty());
    EXPECT_LT(world.forwarder->attempts(), 30U);
    world.senders[0]->answer = unless_bad;
    world.stored[++world.last_id] = "bad\n";
    std::uint32_t taken = 0;
    std::size_t set_aside = 0;
    for (int minute = 0; minute < 10; ++minute) {
        world.pass(1min);
        for (const Fate& fate : world.fates()) {
            taken += fate.delivered;
            set_aside += fate.quarantined.size();
        }
    }
    EXPECT_EQ(taken, 4U);
    EXPECT_EQ(set_aside, 1U) << "the bad one, now that others are taken";
}

TEST(Forwarder, an_attempt_is_taken_failed_or_under_way) {
    World world;
    world.offer("a\n");
    world.offer("b\nbad\n");
    EXPECT_EQ(world.forwarder->attempts(), 1U);
    EXPECT_EQ(world.forwarder->taken_attempts() + world.forwarder->failed_attempts(), 0U);
    world.senders[0]->answer = unless_bad;
    world.run();
    EXPECT_EQ(world.forwarder->attempts(), 4U);
    EXPECT_EQ(world.forwarder->taken_attempts(), 2U);
    EXPECT_EQ(world.forwarder->failed_attempts(), 2U);
}

TEST(Forwarder, pauses_and_says_so_when_it_is_forbidden_to_send) {
    World world;
    world.offer("a\n");
    world.end(Kind::forbidden);
    EXPECT_EQ(world.forwarder->trouble(), "host0: no");
    world.pass(59s);
    EXPECT_EQ(world.senders[0]->sent.size(), 1U);
    world.pass(1s);
    EXPECT_EQ(world.senders[0]->sent.size(), 2U);
    EXPECT_TRUE(world.fates().empty());
}

TEST(Forwarder, sends_again_only_what_a_receiver_did_not_judge) {
    World world;
    world.offer("a\nb\nc\n");
    world.senders[0]->under_way.clear();
    world.senders[0]->ready_outcomes.push_back(
        {.kind = Kind::judged,
         .parcel = {.batch = 1, .records = 1, .lines = "b\n"},
         .delivered = 1,
         .quarantined = {{.reason = Rejection::no_index, .detail = "404", .line = "c\n"}},
         .busy = true});
    world.run();
    EXPECT_TRUE(world.fates().empty());
    world.pass(100ms);
    EXPECT_EQ(world.senders[0]->sent.back(), "b\n");
    world.end(Kind::delivered);
    const auto fates = world.fates();
    ASSERT_EQ(fates.size(), 1U);
    EXPECT_EQ(fates[0].delivered, 2U);
    EXPECT_EQ(fates[0].quarantined.size(), 1U);
}

TEST(Forwarder, what_a_broken_connection_lost_is_to_be_offered_again) {
    World world;
    world.senders[0]->window = 3;
    for (const char* lines : {"a\n", "b\n", "c\n", "d\n"}) world.offer(lines);
    world.end(Kind::delivered);
    EXPECT_EQ(world.forwarder->cursor(), 4);
    world.senders[0]->lose();
    world.run();
    EXPECT_EQ(world.forwarder->cursor(), 1);
    EXPECT_TRUE(world.forwarder->idle());
    EXPECT_EQ(world.forwarder->settled_through(), 0) << "the first one's fate is not stored yet";
    EXPECT_EQ(world.fates().size(), 1U);
    EXPECT_EQ(world.forwarder->settled_through(), 1);
}

TEST(Forwarder, a_batch_on_which_receivers_fail_lets_others_pass_and_is_set_aside_in_the_end) {
    World world{1, {.backoff = {.first = 1s, .max = 1s, .jitter = resilience::Jitter::none}, .failing_max = 10min}};
    world.senders[0]->answer = [](Parcel parcel) {
        const bool bad = parcel.lines.find("bad") != std::string::npos;
        return Outcome{.kind = bad ? Kind::again : Kind::delivered,
                       .parcel = std::move(parcel),
                       .answered = bad,
                       .detail = "HTTP 500"};
    };
    world.offer("1\nbad\n3\n");
    world.offer("4\n");
    std::size_t fates = 0;
    std::vector<Quarantined> set_aside;
    for (int second = 0; second < 1000 && set_aside.empty(); ++second) {
        world.pass(1s);
        if (second % 5 == 0) world.offer("more\n");
        for (const Fate& fate : world.fates()) {
            ++fates;
            for (const Quarantined& record : fate.quarantined) set_aside.push_back(record);
        }
    }
    ASSERT_EQ(set_aside.size(), 1U);
    EXPECT_EQ(set_aside[0].line, "bad\n");
    EXPECT_GT(fates, 50U) << "the others pass";
}

TEST(Forwarder, takes_no_more_than_its_memory_allows) {
    World world{1, {.waiting_max = 8}};
    int offered = 0;
    for (; world.forwarder->wants_batch() && offered < 100; ++offered) world.offer("a\n");
    EXPECT_EQ(offered, 9) << "one under way, eight waiting";
    std::vector<std::int64_t> ids;
    world.forwarder->in_flight(ids);
    EXPECT_EQ(ids.size(), 9U);
}

TEST(Forwarder, while_no_host_is_there_batches_wait_in_the_spool_but_one) {
    World world;
    for (const char* lines : {"a\n", "b\n", "c\n"}) world.offer(lines);
    EXPECT_THAT(world.in_flight(), ElementsAre(1, 2, 3));
    world.end(Kind::again);
    EXPECT_THAT(world.in_flight(), ElementsAre(1));
    EXPECT_EQ(world.forwarder->cursor(), 1);
    EXPECT_FALSE(world.forwarder->wants_batch());
    world.senders[0]->answer = delivered;
    world.pass(100ms);
    world.pass(1ms);
    EXPECT_THAT(world.senders[0]->sent, ElementsAre("a\n", "a\n", "b\n", "c\n"));
    EXPECT_EQ(world.fates().size(), 3U);
}

TEST(Forwarder, what_is_left_after_a_long_turn_is_gone_on_with_at_once) {
    World world;
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "a\n";
    world.senders[0]->answer = [](Parcel parcel) -> Outcome {   // one round after the other
        const auto kind = parcel.records > 1 ? Kind::too_large : Kind::delivered;
        return {.kind = kind, .parcel = std::move(parcel), .detail = "too large"};
    };
    world.offer(lines);
    ASSERT_FALSE(world.forwarder->idle()) << "others have their turn";
    for (int turns = 0; turns < 100 && !world.forwarder->idle(); ++turns) {
        ASSERT_EQ(world.forwarder->wakes_at(), world.now);
        world.run();
    }
    EXPECT_TRUE(world.forwarder->idle());
    EXPECT_EQ(world.forwarder->wakes_at(), never);
    EXPECT_EQ(world.fates()[0].delivered, 1000U);
}

TEST(Forwarder, memory_is_counted_in_bytes_too) {
    World world{1, {.waiting_bytes = Bytes{1000}}};
    int offered = 0;
    for (; world.forwarder->wants_batch() && offered < 100; ++offered) world.offer(std::string(399, 'x') + '\n');
    EXPECT_EQ(offered, 4) << "one under way, three waiting";
}

TEST(Forwarder, small_batches_go_together_where_each_parcel_costs_a_round_trip) {
    World world{1, {.parcel = Bytes{6}}};
    world.senders[0]->together = true;
    for (const char* lines : {"a\n", "b\n", "c\n", "d\n", "e\n"}) world.offer(lines);
    world.end(Kind::delivered);
    EXPECT_THAT(world.senders[0]->sent, ElementsAre("a\n", "b\nc\nd\n"));
    world.end(Kind::delivered);
    world.end(Kind::delivered);
    const auto fates = world.fates();
    ASSERT_EQ(fates.size(), 5U);
    for (const Fate& fate : fates) EXPECT_EQ(fate.delivered, 1U);
    EXPECT_EQ(world.forwarder->attempts(), 3U);
}

TEST(Forwarder, batches_that_were_refused_together_go_alone) {
    World world;
    world.senders[0]->together = true;
    for (const char* lines : {"a\n", "b\n", "bad\n"}) world.offer(lines);
    world.end(Kind::delivered);
    EXPECT_EQ(world.fates().size(), 1U);
    world.senders[0]->answer = unless_bad;
    world.run();
    EXPECT_EQ(world.forwarder->cursor(), 1) << "they are to be offered again";
    world.last_id = 1;
    for (const char* lines : {"b\n", "bad\n"}) world.offer(lines);
    const auto fates = world.fates();
    ASSERT_EQ(fates.size(), 2U);
    EXPECT_EQ(fates[0].delivered, 1U);
    EXPECT_EQ(fates[1].quarantined.size(), 1U);
}

TEST(EndOfLines, counts_lines) {
    EXPECT_EQ(end_of_lines("a\nbb\nc\n", 2), 5U);
    EXPECT_EQ(end_of_lines("a\nbb\n", 0), 0U);
    EXPECT_EQ(end_of_lines("a\nbb", 7), 4U);
}

}   // namespace
}   // namespace outrigger::logging
