// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/loop.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::net {
namespace {

class LoopTest : public RealLoop {};

TEST_F(LoopTest, jobs_posted_by_many_threads_all_run_on_the_loop_s_thread) {
    constexpr int threads = 4;
    constexpr int each = 2000;
    int runs = 0;   // written by the loop's thread alone: ThreadSanitizer holds it
    int elsewhere = 0;
    const auto here = std::this_thread::get_id();
    std::vector<std::thread> posting;
    for (int t = 0; t < threads; ++t)
        posting.emplace_back([&] {
            for (int i = 0; i < each; ++i)
                post(loop, [&] {
                    if (std::this_thread::get_id() != here) ++elsewhere;
                    if (++runs == threads * each) loop.stop();
                });
        });
    loop.run();
    for (std::thread& thread : posting) thread.join();
    EXPECT_EQ(runs, threads * each);
    EXPECT_EQ(elsewhere, 0);
}

TEST_F(LoopTest, a_job_posted_from_within_a_job_runs_too) {
    int depth = 0;
    post(loop, [&] {
        ++depth;
        post(loop, [&] {
            ++depth;
            loop.stop();
        });
        EXPECT_EQ(depth, 1) << "never inline";
    });
    loop.run();
    EXPECT_EQ(depth, 2);
}

TEST_F(LoopTest, stop_from_another_thread_ends_a_loop_that_sleeps) {
    std::thread stopping{[this] { loop.stop(); }};
    loop.run();
    stopping.join();
}

Task<void> pause_several(Scheduler& scheduler, const Clock& clock, int& early) {
    for (const Duration length : {1ms, 3ms, 2ms}) {
        const Instant began = scheduler.now();
        (void)co_await Pause{scheduler, length, {}};
        if (clock.now() - began < length) ++early;
    }
}

TEST_F(LoopTest, timers_never_fire_early) {
    int early = 0;
    run(pause_several(scheduler(), clock, early));
    EXPECT_EQ(early, 0);
}

Task<void> yield_and_count(Scheduler& scheduler, int times, int& count) {
    for (int i = 0; i < times; ++i) {
        co_await Yield{scheduler};
        ++count;
    }
}

TEST_F(LoopTest, what_was_ready_when_it_stopped_still_ends_in_order) {
    int count = 0;
    tasks.spawn(yield_and_count(scheduler(), 5, count));
    loop.stop();
    loop.run();
    EXPECT_EQ(count, 5);
    EXPECT_EQ(tasks.running(), 0u);
}

TEST_F(LoopTest, what_was_posted_after_its_end_can_still_be_run) {
    loop.stop();
    loop.run();
    int runs = 0;
    post(loop, [&] {
        ++runs;
        post(loop, [&] { ++runs; });
    });
    EXPECT_EQ(runs, 0);
    loop.run_leftovers();
    loop.run_leftovers();
    EXPECT_EQ(runs, 2);
}

// A pipe whose reading end is watched.
struct Watched final : Watcher {
    explicit Watched(Loop& on) : loop{on} {
        int numbers[2];
        EXPECT_EQ(::pipe2(numbers, O_NONBLOCK | O_CLOEXEC), 0);
        reading = Fd{numbers[0]};
        writing = Fd{numbers[1]};
        watch = loop.watch(reading.number(), *this);
        EXPECT_NE(watch, nullptr);
    }
    ~Watched() override { loop.unwatch(watch, reading.number()); }
    void on_events(std::uint32_t events) noexcept override {
        if (events & EPOLLIN) ++told;
        if (action) action();
    }
    void write() { EXPECT_EQ(::write(writing.number(), "x", 1), 1); }

    Loop& loop;
    Fd reading;
    Fd writing;
    Loop::Watch* watch = nullptr;
    std::function<void()> action;
    int told = 0;
};

Task<void> look_for_edges(Scheduler& scheduler, Watched& pipe) {
    pipe.write();
    for (int i = 0; i < 5; ++i) co_await Yield{scheduler};
    EXPECT_EQ(pipe.told, 1) << "nothing was read, but nothing new came either";
    pipe.write();
    for (int i = 0; i < 5; ++i) co_await Yield{scheduler};
    EXPECT_EQ(pipe.told, 2);
}

TEST_F(LoopTest, readiness_is_told_once_an_edge) {
    Watched pipe{loop};
    run(look_for_edges(scheduler(), pipe));
}

// Both pipes are ready in the same batch, and whichever is told first destroys the other and puts a new one
// in its place: on the same descriptor number, and, were memory freed at once, at the same address.
TEST_F(LoopTest, an_event_of_a_watch_that_was_freed_earlier_in_its_batch_is_dropped) {
    auto one = std::make_unique<Watched>(loop);
    auto two = std::make_unique<Watched>(loop);
    std::unique_ptr<Watched> successor;
    const auto replaces = [&](std::unique_ptr<Watched>& other) {
        return [&] {
            if (!other) return;
            other.reset();
            successor = std::make_unique<Watched>(loop);
        };
    };
    one->action = replaces(two);
    two->action = replaces(one);
    one->write();
    two->write();
    post(loop, [this] { post(loop, [this] { loop.stop(); }); });
    loop.run();
    EXPECT_EQ(static_cast<bool>(one) + static_cast<bool>(two), 1) << "exactly one was told";
    EXPECT_EQ(one ? one->told : two->told, 1);
    ASSERT_TRUE(successor);
    EXPECT_EQ(successor->told, 0) << "it got the event of its predecessor";
}

Task<void> come_and_go(Loop& loop) {
    for (int round = 0; round < 5; ++round) {
        std::vector<std::unique_ptr<Watched>> pipes;
        for (int i = 0; i < 100; ++i) pipes.push_back(std::make_unique<Watched>(loop));
        for (const auto& pipe : pipes) pipe->write();
        for (int i = 0; i < 3; ++i) co_await Yield{loop.scheduler()};
        for (const auto& pipe : pipes) EXPECT_EQ(pipe->told, 1) << "round " << round;
    }
}

TEST_F(LoopTest, registrations_are_used_again_without_mixing_their_events) { run(come_and_go(loop)); }

TEST_F(LoopTest, a_descriptor_that_epoll_refuses_gives_no_watch) {
    Watched pipe{loop};
    EXPECT_EQ(loop.watch(-1, pipe), nullptr);
    EXPECT_EQ(errno, EBADF);
    const Fd file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    EXPECT_EQ(loop.watch(file.number(), pipe), nullptr);
    EXPECT_EQ(errno, EPERM);
}

}   // namespace
}   // namespace outrigger::net
