// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/conveyor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tests/unit/logging/shipping/fake_sender.hpp"
#include "tests/unit/logging/shipping/faulty_spool.hpp"

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view normal_line = "{\"event\":{\"n\":1}}\n";

std::string line_of(std::uint64_t number, std::size_t bytes = 0) {
    std::string line = "{\"x\":\"" + std::string(bytes, 'x') + "\",\"event\":{\"n\":" + std::to_string(number) + "}}\n";
    return line;
}
// Of the records in these lines.
std::vector<std::uint64_t> numbers_in(const std::string& lines) {
    std::vector<std::uint64_t> numbers;
    for (std::size_t at = 0; (at = lines.find("\"n\":", at)) != std::string::npos; ++at)
        numbers.push_back(std::stoull(lines.substr(at + 4)));
    return numbers;
}

// The way of records with a fake receiver and a spool that may refuse, in manual time.
class World {
public:
    explicit World(Bytes spool_max = 1_MiB, Bytes batch = 64_KiB, Bytes queue_capacity = 1_MiB,
                   const resilience::Backoff& backoff = {.first = 100ms, .max = 10s})
        : queue{RecordQueue::Settings{.capacity = queue_capacity}}, spool{spool_max} {
        auto fake = std::make_unique<FakeSender>();
        sender = fake.get();
        sender->answer = delivered;
        std::vector<Forwarder::Host> hosts;
        hosts.push_back({.name = "host", .sender = std::move(fake)});
        forwarder.emplace(Forwarder::Settings{.backoff = backoff, .waiting_bytes = Bytes{spool_max.count() / 16}},
                          std::move(hosts), Rng{3});
        conveyor.emplace(
            Conveyor::Settings{.batch = batch, .much = Bytes{queue_capacity.count() / 8}, .service = "shop"}, queue,
            requests, spool, *forwarder, Rng{4});
    }
    void push(std::string_view line, Severity severity = Severity::normal) { (void)queue.push(line, severity); }
    void turn() {
        conveyor->turn(now, WallTime{now.time_since_epoch()});
        conveyor->answer();
        EXPECT_TRUE(spool.ledger().balanced());
    }
    // As the thread does: from one instant at which it wants to be called to the next.
    void pass(Duration length) {
        for (const Instant end = now + length;;) {
            now = std::min(end, std::max(now + 1ms, conveyor->wakes_at()));
            turn();
            if (now >= end) return;
        }
    }
    // Whether and how it was answered.
    std::shared_ptr<std::optional<bool>> submit(std::string lines, std::uint32_t records,
                                                Severity severity = Severity::normal) {
        Submission submission;
        submission.parts.push_back({.severity = severity, .records = records, .lines = std::move(lines)});
        return submit(std::move(submission));
    }
    std::shared_ptr<std::optional<bool>> submit(Submission submission) {
        auto answer = std::make_shared<std::optional<bool>>();
        if (!requests.submit(std::move(submission),
                             [answer](const Result<void>& result) { *answer = result.has_value(); }))
            *answer = false;
        return answer;
    }
    std::string all_sent() const {
        std::string all;
        for (const std::string& lines : sender->sent) all += lines;
        return all;
    }

    Instant now{1h};
    RecordQueue queue;
    Requests requests{1_MiB};
    FaultySpool spool;
    FakeSender* sender = nullptr;
    std::optional<Forwarder> forwarder;
    std::optional<Conveyor> conveyor;
};

TEST(Conveyor, a_record_lingers_a_little_for_others_and_goes_out_with_its_id) {
    World world;
    world.push(normal_line);
    world.turn();
    EXPECT_EQ(world.conveyor->wakes_at(), world.now + 50ms);
    world.push(normal_line);
    world.pass(49ms);
    EXPECT_EQ(world.spool.commits, 0);
    world.pass(1ms);
    EXPECT_EQ(world.spool.commits, 1);
    EXPECT_EQ(world.all_sent(), "{\"event\":{\"n\":1,\"id\":\"abcdefghijklmnop-0000000000001\"}}\n"
                                "{\"event\":{\"n\":1,\"id\":\"abcdefghijklmnop-0000000000002\"}}\n");
    EXPECT_EQ(world.spool.ledger().spooled, 2U) << "the fates linger, too";
    world.pass(200ms);
    EXPECT_EQ(world.spool.ledger().delivered, 2U);
    EXPECT_TRUE(world.conveyor->idle());
    EXPECT_EQ(world.conveyor->wakes_at(), never);
}

TEST(Conveyor, what_was_just_committed_is_not_read_back) {
    World world;
    world.turn();
    const int reads = world.spool.reads;
    for (int i = 0; i < 10; ++i) {
        world.push(normal_line);
        world.turn();
        world.pass(100ms);
    }
    EXPECT_EQ(world.spool.reads, reads);
    EXPECT_EQ(world.sender->sent.size(), 10U);
}

TEST(Conveyor, who_flushes_or_submits_does_not_wait_for_others) {
    World world;
    world.push(normal_line);
    const auto ticket = world.requests.ask_flush();
    world.turn();
    EXPECT_TRUE(world.requests.await_flush(ticket, 0s));
    const auto first = world.submit(line_of(2), 1);
    const auto second = world.submit(line_of(3) + line_of(4), 2);
    world.turn();
    EXPECT_EQ(*first, true);
    EXPECT_EQ(*second, true);
    EXPECT_EQ(world.spool.ledger().accepted, 4U);
    EXPECT_EQ(world.spool.commits, 2) << "submissions share a commit";
}

TEST(Conveyor, a_queue_that_fills_is_not_put_off) {
    World world;
    for (int i = 0; i < 200; ++i) world.push(line_of(1, 1000));
    world.turn();
    EXPECT_EQ(world.spool.commits, 1);
    EXPECT_EQ(world.spool.ledger().accepted, 200U);
}

TEST(Conveyor, a_drain_is_answered_when_what_was_stored_then_has_its_fate) {
    World world;
    world.sender->answer = nullptr;
    world.push(normal_line);
    (void)world.requests.ask_flush();
    const auto ticket = world.requests.ask_drain();
    world.turn();
    EXPECT_FALSE(world.requests.await_drain(ticket, 0s));
    world.push(normal_line);
    world.pass(100ms);   // committed, but after the drain was asked for
    world.sender->end(Outcome::Kind::delivered);
    world.turn();
    world.turn();
    EXPECT_TRUE(world.requests.await_drain(ticket, 0s));
    EXPECT_EQ(world.spool.ledger().delivered, 1U);
}

TEST(Conveyor, while_the_spool_refuses_records_wait_and_submissions_are_refused) {
    World world;
    world.spool.refuses = true;
    world.push(line_of(1));
    world.pass(60ms);
    EXPECT_EQ(world.conveyor->in_hand(), 1U);
    const auto answer = world.submit(line_of(2), 1);
    world.turn();
    EXPECT_EQ(*answer, false);
    world.push(line_of(3));
    const auto ticket = world.requests.ask_flush();
    world.pass(30s);
    EXPECT_FALSE(world.requests.await_flush(ticket, 0s));
    EXPECT_LT(world.spool.commits, 60) << "with pauses";
    world.spool.refuses = false;
    world.pass(10s);
    EXPECT_TRUE(world.requests.await_flush(ticket, 0s));
    EXPECT_EQ(numbers_in(world.all_sent()), (std::vector<std::uint64_t>{1, 3}));
    EXPECT_EQ(world.spool.ledger().delivered, 2U);
}

// As a disk that is all but full.
TEST(Conveyor, a_spool_that_takes_only_little_at_once_gets_it_in_parts) {
    World world;
    world.spool.takes_at_once = 3'000;
    std::vector<std::uint64_t> all;
    for (std::uint64_t number = 1; number <= 400; ++number) {
        world.push(line_of(number, 500), Severity::high);
        all.push_back(number);
    }
    const auto ticket = world.requests.ask_flush();
    world.turn();
    EXPECT_FALSE(world.requests.await_flush(ticket, 0s));
    const auto refused = world.submit(line_of(900), 1);
    world.turn();
    EXPECT_EQ(*refused, false) << "while it rests";
    world.pass(1min);
    EXPECT_TRUE(world.requests.await_flush(ticket, 0s));
    EXPECT_EQ(numbers_in(world.all_sent()), all);
    const auto taken = world.submit(line_of(901), 1);
    world.turn();
    EXPECT_EQ(*taken, true);
    EXPECT_EQ(world.spool.ledger().accepted, 401U);
}

TEST(Conveyor, what_waits_for_its_turn_is_given_back_to_a_spool_without_room) {
    World world{16_MiB, 4_KiB};
    world.sender->answer = nullptr;   // hangs
    for (int i = 0; i < 20; ++i) {
        world.push(line_of(1, 1000));
        world.pass(100ms);
    }
    const auto in_flight = [&] {
        std::vector<std::int64_t> ids;
        world.forwarder->in_flight(ids);
        return ids.size();
    };
    EXPECT_GT(in_flight(), 5U);
    world.spool.refuses = true;
    world.push(normal_line);
    world.pass(60ms);
    EXPECT_EQ(in_flight(), 2U) << "one is under way, one is next";
    world.spool.refuses = false;
    world.sender->answer = delivered;
    world.sender->end(Outcome::Kind::delivered);
    world.pass(1min);
    EXPECT_EQ(world.spool.ledger().delivered, 21U);
}

TEST(Conveyor, only_a_submission_of_which_nothing_found_room_is_refused) {
    World world{Bytes{30'000}, 4_KiB};
    world.sender->answer = nullptr;   // hangs
    for (int i = 0; i < 40; ++i) {
        world.push(line_of(1, 1000), Severity::high);
        world.pass(100ms);
    }
    Submission mixed;
    mixed.parts.push_back({.severity = Severity::low, .records = 1, .lines = line_of(2, 1000)});
    mixed.parts.push_back({.severity = Severity::high, .records = 1, .lines = line_of(3, 1000)});
    const auto both = world.submit(std::move(mixed));
    const auto low = world.submit(line_of(4, 1000), 1, Severity::low);
    const auto high = world.submit(line_of(5, 1000), 1, Severity::high);
    const auto none = world.submit(Submission{});
    world.turn();
    EXPECT_EQ(*both, true) << "or it would come again, and be stored twice";
    EXPECT_EQ(*low, false);
    EXPECT_EQ(*high, true) << "whatever becomes of its neighbours";
    EXPECT_EQ(*none, true);
}

TEST(Conveyor, a_spool_that_cannot_be_read_is_asked_again_later) {
    World world;
    world.spool.unreadable = true;
    world.push(normal_line);
    world.pass(20s);
    EXPECT_LT(world.spool.reads, 10);
    world.spool.unreadable = false;
    world.pass(10s);
    EXPECT_EQ(world.spool.ledger().delivered, 1U);
}

TEST(Conveyor, a_record_tells_of_losses_and_is_not_repeated) {
    World world{Bytes{30'000}, 4_KiB};
    world.sender->answer = nullptr;   // hangs
    for (int i = 0; i < 40; ++i) {
        world.push(line_of(1, 1000));
        world.pass(100ms);
    }
    const auto dropped = world.spool.ledger().dropped[static_cast<std::size_t>(Loss::evicted)];
    EXPECT_GT(dropped, 0U);
    world.sender->answer = delivered;
    world.pass(10s);
    const std::string sent = world.all_sent();
    std::uint64_t told = 0;
    int records = 0;
    for (std::size_t at = 0; (at = sent.find("\"reason\":\"evicted\",\"count\":", at)) != std::string::npos;
         ++at, ++records)
        told += std::stoull(sent.substr(at + 27));
    EXPECT_EQ(told, world.spool.ledger().dropped[static_cast<std::size_t>(Loss::evicted)]);
    EXPECT_LE(records, 6) << "at most one a second";
    EXPECT_THAT(sent, HasSubstr("\"action\":\"log_gap\",\"id\":"));
}

TEST(Conveyor, a_record_tells_of_what_the_queue_refused) {
    World world{1_MiB, 64_KiB, 64_KiB};
    for (int i = 0; i < 100; ++i) world.push(line_of(1, 1000), Severity::low);
    const auto refused = world.queue.refused(Severity::low);
    ASSERT_GT(refused, 0U);
    world.pass(5s);
    EXPECT_THAT(world.all_sent(), HasSubstr("\"reason\":\"queue_full\",\"count\":" + std::to_string(refused) + ","));
    const auto accepted = world.spool.ledger().accepted;
    world.pass(5s);
    EXPECT_EQ(world.spool.ledger().accepted, accepted) << "once";
}

TEST(Conveyor, a_gap_record_without_room_makes_no_further_gaps) {
    World world{Bytes{200}};
    world.push(line_of(1, 1000));
    world.pass(1min);
    EXPECT_LE(world.spool.ledger().accepted, 2U);
}

TEST(Conveyor, what_a_commit_has_in_hand_is_known_until_it_is_published) {
    World world;
    world.push(normal_line);
    (void)world.submit(line_of(2), 1);
    world.turn();
    EXPECT_EQ(world.conveyor->being_committed(), 2U);
    world.conveyor->published();
    EXPECT_EQ(world.conveyor->being_committed(), 0U);
}

TEST(Conveyor, what_waits_from_before_goes_first) {
    World world;
    std::vector<Batch> old{{.first_sequence = 1, .records = 1, .lines = line_of(7)}};
    ASSERT_TRUE(world.spool.commit({.add = old}));
    world.push(line_of(8));
    world.pass(1s);
    EXPECT_EQ(numbers_in(world.all_sent()), (std::vector<std::uint64_t>{7, 8}));
}

// An hour in which nobody takes anything, at 40 records a second of 1 KB: 144 MB through a spool of 4 MiB.
TEST(Conveyor, memory_stays_flat_through_an_hour_of_outage_once_the_cap_is_reached) {
    World world{4_MiB, 256_KiB};
    world.sender->answer = failed;
    std::uint64_t most = 0;
    std::uint64_t number = 0;
    for (int second = 0; second < 3600; ++second) {
        for (int i = 0; i < 40; ++i) world.push(line_of(++number, 1000), i == 0 ? Severity::high : Severity::normal);
        world.pass(1s);
        most = std::max(most, world.spool.state().used.count());
    }
    EXPECT_LE(most, (4_MiB).count());
    std::vector<std::int64_t> in_flight;
    world.forwarder->in_flight(in_flight);
    EXPECT_LE(in_flight.size(), 257U);
    EXPECT_EQ(world.conveyor->in_hand(), 0U);
    EXPECT_EQ(world.queue.refused(Severity::normal), 0U);
    EXPECT_LT(world.forwarder->attempts(), 1000U) << "with pauses";
    EXPECT_GT(world.spool.state().waiting[static_cast<std::size_t>(Severity::high)], 2000U)
        << "what matters more stays";

    world.sender->answer = delivered;
    world.pass(1min);
    const Ledger ledger = world.spool.ledger();
    EXPECT_EQ(ledger.spooled, 0U);
    EXPECT_EQ(ledger.accepted, ledger.delivered + ledger.dropped[static_cast<std::size_t>(Loss::evicted)]);
}

// Every record is delivered (at least once), set aside, or told of as lost, whatever happens on the way.
TEST(Conveyor, accepted_is_delivered_and_quarantined_and_dropped_and_spooled_under_random_faults) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng rng{seed};
        World world{seed % 2 == 0 ? 16_MiB : 128_KiB, 8_KiB, 128_KiB, {.first = 1ms, .max = 20ms}};
        world.sender->window = 1 + seed % 4;
        world.sender->together = seed % 3 == 0;
        std::multiset<std::uint64_t> arrived;
        const auto arrive = [&](const std::string& lines) {
            for (const auto number : numbers_in(lines)) arrived.insert(number);
        };
        bool well = false;
        world.sender->answer = [&](Parcel parcel) -> Outcome {
            const auto dice = well ? 0 : rng.below(10);
            if (dice < 4) {
                if (parcel.lines.find("\"n\":13}") != std::string::npos ||
                    parcel.lines.find("\"n\":13,") != std::string::npos)
                    return {.kind = Outcome::Kind::refused, .parcel = std::move(parcel), .detail = "thirteen"};
                arrive(parcel.lines);
                return delivered(std::move(parcel));
            }
            if (dice < 5) arrive(parcel.lines);   // and the answer is lost
            if (dice < 7) return failed(std::move(parcel));
            if (dice < 8 && parcel.records > 1) return {.kind = Outcome::Kind::too_large, .parcel = std::move(parcel)};
            if (world.sender->window > 1 && dice < 9)
                return {.kind = Outcome::Kind::lost, .parcel = {}, .detail = "broken"};
            const std::size_t end = end_of_lines(parcel.lines, 1);   // the first is taken, and the others later
            arrive(parcel.lines.substr(0, end));
            parcel.lines.erase(0, end);
            --parcel.records;
            return {.kind = Outcome::Kind::judged, .parcel = std::move(parcel), .delivered = 1, .answered = dice == 9};
        };
        std::uint64_t number = 0;
        std::vector<std::pair<std::uint64_t, std::shared_ptr<std::optional<bool>>>> submitted;
        for (int step = 0; step < 600; ++step) {
            world.spool.refuses = rng.below(20) == 0;
            world.spool.unreadable = rng.below(20) == 0;
            for (auto count = rng.below(20); count > 0; --count)
                world.push(line_of(++number, rng.below(500)), static_cast<Severity>(rng.below(3)));
            if (rng.below(5) == 0) {
                ++number;
                submitted.emplace_back(number, world.submit(line_of(number), 1, Severity::high));
            }
            world.pass(std::chrono::milliseconds{rng.below(100) + 1});
        }
        well = true;
        world.spool.refuses = world.spool.unreadable = false;
        world.pass(10min);
        const Ledger ledger = world.spool.ledger();
        EXPECT_EQ(ledger.spooled, 0U);
        EXPECT_TRUE(world.conveyor->idle());
        EXPECT_TRUE(world.conveyor->hand_empty());
        if (seed % 2 == 0) {   // nothing was evicted: each arrived, but for the thirteenth and what the queue refused
            EXPECT_EQ(ledger.dropped[static_cast<std::size_t>(Loss::evicted)], 0U);
            const auto missing = [&](std::uint64_t n) { return std::uint64_t{arrived.count(n) == 0 ? 1U : 0U}; };
            std::uint64_t all_missing = 0;
            for (std::uint64_t n = 1; n <= number; ++n) all_missing += missing(n);
            std::uint64_t refused = 0;
            for (std::size_t i = 0; i < severity_count; ++i) refused += world.queue.refused(static_cast<Severity>(i));
            for (const auto& [n, answer] : submitted) {
                if (!**answer) refused += missing(n);
                if (**answer && n != 13) { EXPECT_GT(arrived.count(n), 0U) << n; }
            }
            if (ledger.quarantined[static_cast<std::size_t>(Rejection::rejected)] > 0) refused += missing(13);
            EXPECT_EQ(all_missing, refused);
        }
    }
}

}   // namespace
}   // namespace outrigger::logging
