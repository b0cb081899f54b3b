// SPDX-License-Identifier: Apache-2.0
#include "logging/thread_facts.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <pthread.h>
#include <string>
#include <thread>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

TEST(ThreadFacts, a_thread_s_name_is_a_member_of_its_records) {
    std::string members;
    std::string text;
    std::thread{[&] {
        ::pthread_setname_np(::pthread_self(), "a \"b\" \x01\xff");
        const ThreadName& name = ThreadFacts::of_this_thread().name(WallTime{1h});
        members = name.members();
        text = name.text();
    }}.join();
    EXPECT_EQ(members, "\"process\":{\"thread\":{\"name\":\"a \\\"b\\\" \\u0001\xef\xbf\xbd\"}}");
    EXPECT_EQ(text, "\"a \\\"b\\\" \\u0001\xef\xbf\xbd\"");
}

TEST(ThreadFacts, a_name_that_is_given_later_is_seen_some_seconds_later) {
    std::string before;
    std::string behind;
    std::thread{[&] {
        ::pthread_setname_np(::pthread_self(), "early");
        before = ThreadFacts::of_this_thread().name(WallTime{1h}).text();
        ::pthread_setname_np(::pthread_self(), "late");
        behind = ThreadFacts::of_this_thread().name(WallTime{1h + 2s}).text();
    }}.join();
    EXPECT_EQ(before, "\"early\"");
    EXPECT_EQ(behind, "\"late\"");
}

TEST(ThreadFacts, the_longest_name_of_the_worst_bytes_fits) {
    std::string text;
    std::thread{[&] {
        ::pthread_setname_np(::pthread_self(), std::string(15, '\x01').c_str());
        text = ThreadFacts::of_this_thread().name(WallTime{1h}).text();
    }}.join();
    EXPECT_EQ(text.size(), 15 * 6 + 2u);
}

}   // namespace
