// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/exemplar.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'763'596'800s};

TEST(Exemplars, there_are_none_at_first) { EXPECT_TRUE(Exemplars{}.taken().empty()); }

TEST(Exemplars, an_offer_is_taken_with_its_trace_and_time) {
    Exemplars exemplars;
    EXPECT_TRUE(exemplars.offer(1, 3, 0.5, {.trace_id = "t1", .span_id = "s1", .at = noon}));
    const auto taken = exemplars.taken();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].labels.text(), "trace_id=\"t1\",span_id=\"s1\"");
    EXPECT_EQ(taken[0].value, 0.5);
    EXPECT_EQ(taken[0].at, noon);
}

TEST(Exemplars, a_place_is_taken_anew_at_most_once_a_second) {
    Exemplars exemplars;
    const auto offer = [&](std::size_t place, double value, WallTime at) { exemplars.offer(place, 2, value, {"t", "", at}); };
    offer(0, 1, noon);
    offer(0, 2, noon + 999ms);
    offer(1, 3, noon + 999ms);
    EXPECT_EQ(exemplars.taken().at(0).value, 1);
    EXPECT_EQ(exemplars.taken().at(1).value, 3);
    offer(0, 4, noon + 1s);
    EXPECT_EQ(exemplars.taken().at(0).value, 4);
}

TEST(Exemplars, a_clock_that_was_set_back_does_not_stop_them) {
    Exemplars exemplars;
    exemplars.offer(0, 1, 1, {"t", "", noon});
    exemplars.offer(0, 1, 2, {"t", "", noon - 1h});
    EXPECT_EQ(exemplars.taken().at(0).value, 2);
}

TEST(Exemplars, a_reference_that_no_page_may_show_is_not_taken) {
    Exemplars exemplars;
    EXPECT_FALSE(exemplars.offer(0, 1, 1, {.trace_id = std::string(114, 'x'), .at = noon}));
    EXPECT_TRUE(exemplars.taken().empty());
    EXPECT_TRUE(exemplars.offer(0, 1, 1, {.trace_id = std::string(113, 'x'), .at = noon}));
}

TEST(Exemplars, offers_and_scrapes_may_meet) {
    Exemplars exemplars;
    std::atomic<bool> done{false};
    std::thread scraper{[&] {
        while (!done.load())
            for (const auto& exemplar : exemplars.taken()) EXPECT_EQ(exemplar.labels.value("trace_id"), "trace");
    }};
    std::vector<std::thread> offering;
    for (int thread = 0; thread < 3; ++thread)
        offering.emplace_back([&] {
            for (int i = 0; i < 500; ++i) exemplars.offer(static_cast<std::size_t>(i % 4), 4, i, {"trace", "", noon + i * 1s});
        });
    for (auto& thread : offering) thread.join();
    done = true;
    scraper.join();
    EXPECT_EQ(exemplars.taken().size(), 4U);
}

}  // namespace
}  // namespace outrigger::metrics
