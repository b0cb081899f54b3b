// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/desk.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace outrigger::admin {
namespace {

TEST(Desk, jobs_run_in_their_order_on_another_thread) {
    const SystemClock clock;
    Desk desk{clock};
    desk.start();
    std::promise<std::thread::id> ran;
    int first = 0;
    post(desk.executor(), [&] { first = 1; });
    post(desk.executor(), [&] {
        EXPECT_EQ(first, 1);
        ran.set_value(std::this_thread::get_id());
    });
    EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST(Desk, what_is_posted_when_it_ends_runs_too) {
    const SystemClock clock;
    bool ran = false;
    Desk desk{clock};
    desk.start();
    std::promise<void> may_go_on;
    std::future<void> gone_on = may_go_on.get_future();
    post(desk.executor(), [&] { gone_on.wait(); });
    post(desk.executor(), [&] { ran = true; });
    may_go_on.set_value();
    desk.finish();
    EXPECT_TRUE(ran);
    desk.finish();
}

TEST(Desk, one_that_was_never_started_ends) {
    const SystemClock clock;
    const Desk desk{clock};
}

}  // namespace
}  // namespace outrigger::admin
