// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/shipper.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/unit/logging/shipping/loopback_server.hpp"

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view record = "{\"event\":{\"n\":1}}\n";
const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string url(const std::string& scheme, const Destination::Host& host) { return scheme + "://" + host.to_text(); }

TEST(Shipper, refuses_settings_that_make_no_sense) {
    for (const char* to : {"", "nowhere", "logstash+tcp://a"})
        EXPECT_THROW((Shipper{{.to = to}, "shop"}), std::invalid_argument) << to;
    EXPECT_THROW((Shipper{{.to = "stdout:", .queue = Bytes{1}}, "shop"}), std::invalid_argument);
    EXPECT_THROW((Shipper{{.to = "stdout:", .batch = Bytes{1}}, "shop"}), std::invalid_argument);
    EXPECT_THROW((Shipper{{.to = "stdout:", .timeout = 0s}, "shop"}), std::invalid_argument);
}

TEST(Shipper, delivers_what_it_takes) {
    const HttpPeer peer{{answer, answer, answer}};
    Shipper shipper{{.to = url("logstash+http", peer.host()), .gzip = false}, "shop"};
    EXPECT_TRUE(shipper.take(record, Level::info));
    EXPECT_EQ(shipper.stats().in_hand, 1U);
    shipper.start();
    EXPECT_TRUE(shipper.flush(20s));
    EXPECT_EQ(shipper.stats().ledger.accepted, 1U);
    EXPECT_TRUE(shipper.drain(20s));
    const ShipperStats stats = shipper.stats();
    EXPECT_EQ(stats.ledger.delivered, 1U);
    EXPECT_EQ(stats.in_hand, 0U);
    EXPECT_EQ(stats.attempts, 1U);
    EXPECT_EQ(stats.destination, peer.host().to_text());
    EXPECT_EQ(stats.trouble, "");
    EXPECT_THAT(peer.requests().at(0), ::testing::HasSubstr("[{\"event\":{\"n\":1,\"id\":\""));
}

TEST(Shipper, a_record_goes_out_without_anybody_asking) {
    const HttpPeer peer{{answer, answer}};
    Shipper shipper{{.to = url("logstash+http", peer.host())}, "shop"};
    shipper.start();
    EXPECT_TRUE(shipper.take(record, Level::info));
    const SystemClock clock;
    const Instant end = clock.now() + 20s;
    while (shipper.stats().ledger.delivered == 0 && clock.now() < end) std::this_thread::yield();
    EXPECT_EQ(shipper.stats().ledger.delivered, 1U);
}

TEST(Shipper, a_submission_is_answered_once_it_is_stored) {
    Shipper shipper{{.to = url("logstash+tcp", dead_host())}, "shop"};
    shipper.start();
    std::promise<bool> done;
    Submission submission;
    submission.parts.push_back({.severity = Severity::high, .records = 1, .lines = std::string{record}});
    EXPECT_TRUE(shipper.submit(submission, [&](const Result<void>& result) { done.set_value(result.has_value()); }));
    EXPECT_TRUE(done.get_future().get());
    EXPECT_EQ(shipper.drain(0s), false);
    EXPECT_GE(shipper.stats().ledger.accepted, 1U);
}

TEST(Shipper, says_what_is_wrong_while_nothing_goes_out) {
    Shipper shipper{{.to = url("logstash+tcp", dead_host())}, "shop"};
    shipper.start();
    EXPECT_TRUE(shipper.take(record, Level::info));
    const SystemClock clock;
    const Instant end = clock.now() + 20s;
    while (shipper.stats().trouble.empty() && clock.now() < end) std::this_thread::yield();
    EXPECT_THAT(shipper.stats().trouble, ::testing::StartsWith("127.0.0.1:"));
    EXPECT_GE(shipper.stats().failed_attempts, 1U);
}

TEST(Shipper, a_batch_is_a_small_part_of_the_spool_whatever_is_asked_for) {
    Shipper shipper{{.to = url("logstash+tcp", dead_host()), .spool = {.max = 1_MiB}, .batch = 16_MiB}, "shop"};
    Submission submission;   // taken while nothing runs: one commit
    submission.parts.push_back({.severity = Severity::high, .records = 40'000, .lines = {}});
    for (int i = 0; i < 40'000; ++i) submission.parts[0].lines += record;
    EXPECT_TRUE(shipper.submit(submission, nullptr));
    shipper.start();
    EXPECT_TRUE(shipper.flush(20s));
    EXPECT_GT(shipper.stats().ledger.spooled, 5'000U) << "as much as fits";
}

TEST(Shipper, its_end_commits_and_sends_what_is_in_hand) {
    std::promise<std::string> received;
    const LoopbackServer server{[&](int fd) { received.set_value(read_to_end(fd)); }};
    {
        Shipper shipper{{.to = url("logstash+tcp", server.host())}, "shop"};
        shipper.start();
        EXPECT_TRUE(shipper.take(record, Level::info));
    }
    EXPECT_THAT(received.get_future().get(), ::testing::StartsWith("{\"event\":{\"n\":1,\"id\":\""));
}

TEST(Shipper, ends_in_time_although_the_receiver_hangs) {
    const LoopbackServer silent;
    const SystemClock clock;
    const Instant begin = clock.now();
    {
        Shipper shipper{{.to = url("logstash+http", silent.host())}, "shop"};
        shipper.start();
        EXPECT_TRUE(shipper.take(record, Level::info));
    }
    EXPECT_LT(clock.now() - begin, 10s);
}

TEST(Shipper, one_that_was_never_started_ends_too) {
    Shipper shipper{{.to = "stdout:"}, "shop"};
    EXPECT_TRUE(shipper.take(record, Level::info));
    EXPECT_FALSE(shipper.flush(1ms));
}

TEST(Shipper, many_threads_log_submit_flush_and_look_at_once) {
    std::atomic<std::size_t> bytes{0};
    const LoopbackServer server{[&](int fd) { bytes += read_to_end(fd).size(); }};
    {
        Shipper shipper{{.to = url("logstash+tcp", server.host()), .batch = 16_KiB}, "shop"};
        shipper.start();
        std::vector<std::thread> threads;
        std::atomic<std::uint64_t> accepted{0};
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 500; ++i) {
                    if (shipper.take(record, i % 3 == 0 ? Level::error : Level::info)) ++accepted;
                    if (i % 100 == 0) {
                        Submission submission;
                        submission.parts.push_back({.records = 1, .lines = std::string{record}});
                        (void)shipper.submit(std::move(submission),
                                             [&](const Result<void>& result) { accepted += result ? 1 : 0; });
                        EXPECT_TRUE(shipper.flush(20s));
                        EXPECT_TRUE(shipper.stats().ledger.balanced());
                    }
                }
            });
        for (std::thread& thread : threads) thread.join();
        EXPECT_TRUE(shipper.flush(20s));
        EXPECT_TRUE(shipper.drain(20s));
        EXPECT_EQ(shipper.stats().ledger.accepted, accepted.load());
        EXPECT_EQ(shipper.stats().ledger.delivered, accepted.load());
    }
}

}   // namespace
}   // namespace outrigger::logging
