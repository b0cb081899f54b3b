// SPDX-License-Identifier: Apache-2.0
#include "health/refresher.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <stdexcept>
#include <string>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

constexpr Timing quick{5ms, 10s, 100s};

// What was reported, and a way to wait for it.
class RefresherTest : public testing::Test {
protected:
    Refresher::Report report() {
        return [this](std::size_t check, Refresher::Result result) {
            const std::scoped_lock lock{mutex};
            results.push_back({check, std::move(result)});
            changed.notify_all();
        };
    }
    // Waits until a result is one, and returns the first such.
    template <class Is>
    Refresher::Result wait_for(Is is) {
        std::unique_lock lock{mutex};
        const auto find = [&] {
            return std::find_if(results.begin(), results.end(),
                                [&](auto& one) { return is(one.check, one.result); });
        };
        EXPECT_TRUE(changed.wait_for(lock, 20s, [&] { return find() != results.end(); }));
        const auto found = find();
        return found == results.end() ? Refresher::Result{} : found->result;
    }
    Refresher::Result first_of(std::size_t check) {
        return wait_for([check](std::size_t of, const auto&) { return of == check; });
    }

    struct Reported {
        std::size_t check;
        Refresher::Result result;
    };
    SystemClock clock;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Reported> results;
};

// Until the refresher ends.
Outcome hang(const Probe& probe) {
    pollfd stop{probe.stop_fd(), POLLIN, 0};
    (void)::poll(&stop, 1, 20'000);
    return up();
}

TEST_F(RefresherTest, runs_a_check_again_and_again_and_tells_how_long_it_took) {
    Refresher refresher{clock, Rng{1}, 2, report()};
    std::atomic<int> runs{0};
    refresher.add(7, custom([&] { return ++runs < 5 ? down("not yet") : up(); }), quick);
    const auto result = wait_for(
        [](std::size_t check, const auto& one) { return check == 7 && one.outcome.status == Status::up; });
    EXPECT_TRUE(result.took.has_value());
    EXPECT_FALSE(result.outcome.response_time.has_value()) << "shown only for what says so";
}

TEST_F(RefresherTest, shows_the_response_time_of_a_timed_check) {
    Refresher refresher{clock, Rng{1}, 2, report()};
    refresher.add(0, {[](const Probe&) { return up(); }, true}, quick);
    EXPECT_TRUE(first_of(0).outcome.response_time.has_value());
}

TEST_F(RefresherTest, what_a_check_throws_is_down_with_its_message) {
    Refresher refresher{clock, Rng{1}, 2, report()};
    refresher.add(0, custom([]() -> Outcome { throw std::runtime_error("no such table"); }), quick);
    refresher.add(1, custom([]() -> Outcome { throw 7; }), quick);
    EXPECT_EQ(first_of(0).outcome, down("no such table"));
    EXPECT_EQ(first_of(1).outcome.status, Status::down);
}

TEST_F(RefresherTest, a_check_that_hangs_is_told_and_delays_no_other_while_a_slot_is_left) {
    Refresher refresher{clock, Rng{1}, 2, report()};
    refresher.add(0, custom(hang), {10ms, 20ms, 100s});
    refresher.add(1, custom([] { return up(); }), quick);
    EXPECT_EQ(first_of(0).outcome.message, "timeout of 20ms exceeded");
    const auto again = wait_for([](std::size_t check, const auto& one) {
        return check == 0 && one.outcome.message.find("still running") != std::string::npos;
    });
    EXPECT_EQ(again.outcome.status, Status::down);
    EXPECT_EQ(first_of(1).outcome.status, Status::up);
}

TEST_F(RefresherTest, without_a_slot_a_check_becomes_stale_at_once) {
    Refresher refresher{clock, Rng{1}, 1, report()};
    refresher.add(0, custom(hang), {10s, 10s, 100s});
    refresher.add(1, custom([] { return up(); }), {10ms, 10ms, 50ms});
    const auto stale = first_of(1);
    EXPECT_TRUE(stale.stale);
    EXPECT_EQ(stale.outcome.message, "not checked for 0 s: other checks hang");
}

TEST_F(RefresherTest, its_end_stops_runs_and_does_not_wait_for_their_deadlines) {
    const Instant began = clock.now();
    {
        Refresher refresher{clock, Rng{1}, 2, report()};
        std::atomic<bool> begun{false};
        refresher.add(0, custom([&](const Probe& probe) {
                          begun = true;
                          begun.notify_all();
                          return hang(probe);
                      }),
                      {1h, 1h, 3h});
        begun.wait(false);
    }
    EXPECT_LT(clock.now() - began, 10s);
    EXPECT_TRUE(results.empty()) << "what a stopped run returns is not used";
}

TEST_F(RefresherTest, runs_on_the_threads_of_the_user_instead) {
    std::mutex runs_mutex;
    std::deque<std::function<void()>> runs;
    std::atomic<bool> given{false};
    {
        Refresher refresher{clock, Rng{1}, 2, report(), [&](std::function<void()> run) {
                                const std::scoped_lock lock{runs_mutex};
                                runs.push_back(std::move(run));
                                given = true;
                                given.notify_all();
                            }};
        refresher.add(0, custom([] { return up(); }), {1h, 1h, 3h});
        given.wait(false);
        {
            const std::scoped_lock lock{runs_mutex};
            runs.front()();
            runs.clear();
        }
        EXPECT_EQ(first_of(0).outcome, up());
        refresher.add(1, custom([] { return up(); }), {1h, 1h, 3h});
        for (;;) {   // one that is thrown away must not hold the end up
            const std::scoped_lock lock{runs_mutex};
            if (runs.empty()) continue;
            runs.clear();
            break;
        }
    }
}

TEST_F(RefresherTest, when_the_machine_gives_no_thread_it_tries_again) {
    Refresher refresher{clock, Rng{1}, 1, report()};
    pthread_attr_t before;
    pthread_attr_t too_large;
    ASSERT_EQ(pthread_getattr_default_np(&before), 0);
    ASSERT_EQ(pthread_getattr_default_np(&too_large), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&too_large, std::size_t{1} << 50), 0);
    ASSERT_EQ(pthread_setattr_default_np(&too_large), 0);
    refresher.add(0, custom([] { return up(); }), {10ms, 10ms, 100s});
    EXPECT_EQ(first_of(0).outcome, down("timeout of 10ms exceeded"));
    ASSERT_EQ(pthread_setattr_default_np(&before), 0);
    (void)wait_for([](std::size_t, const auto& one) { return one.outcome == up(); });
    pthread_attr_destroy(&before);
    pthread_attr_destroy(&too_large);
}

TEST_F(RefresherTest, its_threads_take_no_signals) {
    Refresher refresher{clock, Rng{1}, 1, report()};
    refresher.add(0, custom([] {
                      sigset_t blocked;
                      pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
                      return sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGPIPE) &&
                                     !sigismember(&blocked, SIGSEGV)
                                 ? up()
                                 : down("it does");
                  }),
                  quick);
    EXPECT_EQ(first_of(0).outcome, up());
}

}   // namespace
}   // namespace outrigger::health
