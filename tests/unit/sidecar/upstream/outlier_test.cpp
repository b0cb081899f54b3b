// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/outlier.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include <outrigger/resilience/verdict.hpp>

#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;
using resilience::Verdict;

class OutlierTest : public testing::Test {
protected:
    void endpoints(std::size_t count) {
        list = some_endpoints(count);
        detector.set_endpoints(list);
    }
    Endpoint& at(std::size_t i) { return *list->all[i]; }
    bool ejected(std::size_t i) { return at(i).ejected_until() > now; }
    // How the last of so many calls came out.
    std::optional<OutlierDetector::Ejected> end(std::size_t i, Verdict verdict, int times = 1) {
        std::optional<OutlierDetector::Ejected> last;
        while (times-- > 0) {
            if (verdict == Verdict::success) OutlierDetector::succeeded(at(i));
            if (verdict == Verdict::failure) last = detector.failed(at(i), now);
        }
        return last;
    }

    Instant now{1h};
    OutlierDetector detector{{.consecutive = 5, .eject_for = 30s, .max_ejected = 50_percent}};
    std::shared_ptr<const EndpointList> list;
};

TEST_F(OutlierTest, five_failures_in_a_row_eject_an_endpoint) {
    endpoints(2);
    EXPECT_FALSE(end(0, Verdict::failure, 4));
    EXPECT_FALSE(ejected(0));
    const auto event = end(0, Verdict::failure);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->failures, 5u);
    EXPECT_EQ(event->length, 30s);
    EXPECT_FALSE(event->shadow);
    EXPECT_TRUE(ejected(0));
    EXPECT_FALSE(ejected(1));
    EXPECT_EQ(detector.ejections(), 1u);
    now += 30s;
    EXPECT_FALSE(ejected(0)) << "its time is over";
}

TEST_F(OutlierTest, a_success_begins_the_row_anew) {
    endpoints(2);
    end(0, Verdict::failure, 4);
    EXPECT_EQ(at(0).standing().failures_in_a_row, 4u);
    end(0, Verdict::success);
    EXPECT_FALSE(end(0, Verdict::failure, 4));
    EXPECT_TRUE(end(0, Verdict::failure));
}

TEST_F(OutlierTest, a_single_endpoint_is_never_ejected) {
    endpoints(1);
    EXPECT_FALSE(end(0, Verdict::failure, 100));
    EXPECT_EQ(detector.ejections(), 0u);
    EXPECT_EQ(detector.spared(), 96u);
}

TEST_F(OutlierTest, max_ejected_rounds_down) {
    endpoints(5);
    for (const std::size_t i : {0u, 1u}) EXPECT_TRUE(end(i, Verdict::failure, 5));
    EXPECT_FALSE(end(2, Verdict::failure, 5)) << "two of five is what 50% allows";
    now += 30s;
    EXPECT_TRUE(end(2, Verdict::failure)) << "the others are back, and it still fails";
}

TEST_F(OutlierTest, a_share_that_is_a_whole_number_is_not_rounded_below_it) {
    OutlierDetector third{{.consecutive = 1, .eject_for = 30s, .max_ejected = 29_percent}};
    list = some_endpoints(100);
    third.set_endpoints(list);
    int away = 0;
    for (const auto& endpoint : list->all) away += third.failed(*endpoint, now).has_value();
    EXPECT_EQ(away, 29);
}

TEST_F(OutlierTest, who_is_ejected_again_soon_stays_away_for_longer_up_to_ten_times) {
    endpoints(2);
    for (int times = 1; times <= 12; ++times) {
        const auto event = end(0, Verdict::failure, 5);
        ASSERT_TRUE(event);
        EXPECT_EQ(event->length, 30s * std::min(times, 10));
        now += event->length;
    }
}

TEST_F(OutlierTest, ejections_are_forgotten_one_for_each_time_without) {
    endpoints(2);
    for (int i = 0; i < 3; ++i) now += end(0, Verdict::failure, 5)->length;
    now += 60s;   // two of three are forgotten
    const auto again = end(0, Verdict::failure, 5);
    EXPECT_EQ(again->length, 60s);
    now += 1h;
    EXPECT_EQ(end(0, Verdict::failure, 5)->length, 30s);
}

TEST_F(OutlierTest, failures_of_calls_that_ran_when_it_was_ejected_do_not_lengthen_it) {
    endpoints(2);
    end(0, Verdict::failure, 5);
    const Instant until = at(0).ejected_until();
    now += 1s;
    EXPECT_FALSE(end(0, Verdict::failure, 20));
    EXPECT_EQ(at(0).ejected_until(), until);
}

TEST_F(OutlierTest, nor_do_they_count_after_its_return) {
    endpoints(2);
    end(0, Verdict::failure, 5);
    now += 1s;
    EXPECT_FALSE(end(0, Verdict::failure, 20));
    now += 29s;
    EXPECT_FALSE(end(0, Verdict::failure, 4));
    EXPECT_TRUE(end(0, Verdict::failure)) << "five since it came back";
}

TEST_F(OutlierTest, new_endpoints_make_room_for_ejections) {
    endpoints(1);
    EXPECT_FALSE(end(0, Verdict::failure, 5));
    auto more = std::make_shared<EndpointList>(*some_endpoints(2));
    more->all[0] = list->all[0];
    detector.set_endpoints(list = std::move(more));
    EXPECT_TRUE(end(0, Verdict::failure));
}

TEST_F(OutlierTest, one_that_is_no_longer_an_endpoint_takes_nobodys_place) {
    endpoints(2);
    const auto old = list;
    endpoints(2);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(detector.failed(*old->all[0], now));
    EXPECT_TRUE(end(0, Verdict::failure, 5));
}

TEST_F(OutlierTest, every_ejection_changes_the_generation) {
    endpoints(4);
    const auto before = detector.generation();
    end(0, Verdict::failure, 4);
    EXPECT_EQ(detector.generation(), before);
    end(0, Verdict::failure);
    EXPECT_NE(detector.generation(), before);
}

TEST_F(OutlierTest, in_shadow_mode_the_books_are_kept_and_not_heeded) {
    OutlierDetector shadow{{.consecutive = 2, .eject_for = 30s, .max_ejected = 50_percent, .shadow = true}};
    list = some_endpoints(2);
    shadow.set_endpoints(list);
    (void)shadow.failed(at(0), now);
    const auto event = shadow.failed(at(0), now);
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->shadow);
    EXPECT_FALSE(shadow.heeded());
    EXPECT_TRUE(detector.heeded());
}

TEST_F(OutlierTest, settings_that_make_no_sense_are_refused) {
    EXPECT_THROW((OutlierDetector{{.consecutive = 0}}), std::invalid_argument);
    EXPECT_THROW((OutlierDetector{{.eject_for = 0s}}), std::invalid_argument);
}

// Per worker each would see a fifth of the row at most.
TEST_F(OutlierTest, failures_that_different_workers_see_are_one_row) {
    endpoints(4);
    std::vector<std::thread> workers;
    for (int w = 0; w < 5; ++w)
        workers.emplace_back([this] { (void)detector.failed(at(0), now); });
    for (std::thread& worker : workers) worker.join();
    EXPECT_TRUE(ejected(0));
    EXPECT_EQ(detector.ejections(), 1u);
}

TEST_F(OutlierTest, however_many_workers_fail_at_once_no_more_than_the_share_is_ejected) {
    endpoints(8);
    std::vector<std::thread> workers;
    for (int w = 0; w < 4; ++w)
        workers.emplace_back([this] {
            for (int round = 0; round < 200; ++round)
                for (std::size_t i = 0; i < 8; ++i) (void)detector.failed(at(i), now);
        });
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(detector.ejections(), 4u);
}

}   // namespace
}   // namespace outrigger::upstream
