// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/requests.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

Submission submission_of(std::size_t bytes) {
    Submission submission;
    submission.parts.push_back({.records = 7, .lines = std::string(bytes - 1, 'x') + '\n'});
    return submission;
}

TEST(Requests, takes_submissions_up_to_its_capacity_but_always_one) {
    Requests requests{Bytes{100}};
    EXPECT_TRUE(requests.submit(submission_of(1000), nullptr));
    EXPECT_FALSE(requests.submit(submission_of(1), nullptr));
    EXPECT_EQ(requests.submitted_records(), 1U) << "lines are counted, whatever they are said to be";
    EXPECT_EQ(requests.take().submissions.size(), 1U);
    EXPECT_EQ(requests.submitted_records(), 0U);
    EXPECT_TRUE(requests.submit(submission_of(50), nullptr));
    EXPECT_TRUE(requests.submit(submission_of(50), nullptr));
    EXPECT_FALSE(requests.submit(submission_of(1), nullptr));
}

TEST(Requests, who_waits_is_answered_once_its_ticket_is_done) {
    Requests requests{Bytes{100}};
    const auto first = requests.ask_flush();
    const auto second = requests.ask_flush();
    EXPECT_FALSE(requests.await_flush(first, 0s));
    requests.flushed(first);
    EXPECT_TRUE(requests.await_flush(first, 0s));
    EXPECT_FALSE(requests.await_flush(second, 0s));
    std::thread other{[&] { requests.flushed(second); }};
    EXPECT_TRUE(requests.await_flush(second, 1min));
    other.join();
}

TEST(Requests, nobody_waits_once_it_is_closed) {
    Requests requests{Bytes{100}};
    const auto ticket = requests.ask_drain();
    EXPECT_TRUE(requests.submit(submission_of(1), nullptr));
    std::thread other{[&] { EXPECT_EQ(requests.close().size(), 1U); }};
    EXPECT_FALSE(requests.await_drain(ticket, 1min));
    other.join();
    EXPECT_EQ(requests.submitted_records(), 0U);
    EXPECT_FALSE(requests.submit(submission_of(1), nullptr));
}

TEST(Requests, a_stop_is_seen) {
    Requests requests{Bytes{100}};
    EXPECT_FALSE(requests.stopped());
    requests.stop();
    EXPECT_TRUE(requests.stopped());
}

}   // namespace
}   // namespace outrigger::logging
