// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/executor.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <outrigger/core/manual_loop.hpp>

namespace outrigger {
namespace {

struct Named : Job {
    explicit Named(char its_name, std::string& its_log)
        : Job{[](Job& self) noexcept {
              auto& job = static_cast<Named&>(self);
              job.log += job.name;
          }},
          name{its_name},
          log{its_log} {}
    char name;
    std::string& log;
};

std::string run_all(JobQueue& queue, std::string& log) {
    while (Job* job = queue.pop()) job->run(*job);
    return std::exchange(log, {});
}

TEST(JobQueue, is_first_in_first_out) {
    std::string log;
    Named a{'a', log}, b{'b', log}, c{'c', log};
    JobQueue queue;
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.pop(), nullptr);
    queue.push(a);
    queue.push(b);
    queue.push(c);
    EXPECT_FALSE(queue.empty());
    EXPECT_EQ(run_all(queue, log), "abc");
    EXPECT_TRUE(queue.empty());
}

TEST(JobQueue, takes_new_jobs_after_it_ran_empty) {
    std::string log;
    Named a{'a', log}, b{'b', log};
    JobQueue queue;
    queue.push(a);
    EXPECT_EQ(run_all(queue, log), "a");
    queue.push(b);
    queue.push(a);
    EXPECT_EQ(run_all(queue, log), "ba");
}

TEST(JobQueue, taking_another_s_jobs_leaves_both_usable) {
    std::string log;
    Named a{'a', log}, b{'b', log}, c{'c', log}, d{'d', log};
    JobQueue from;
    from.push(a);
    from.push(b);
    JobQueue to;
    to.take(from);
    EXPECT_TRUE(from.empty());
    to.push(c);
    from.push(d);
    EXPECT_EQ(run_all(to, log), "abc");
    EXPECT_EQ(run_all(from, log), "d");
}

TEST(JobQueue, taking_from_an_empty_one_changes_nothing) {
    std::string log;
    Named a{'a', log};
    JobQueue from;
    JobQueue to;
    to.take(from);
    EXPECT_TRUE(to.empty());
    to.push(a);
    EXPECT_EQ(run_all(to, log), "a");
}

TEST(Post, runs_the_function_on_the_loop_never_inline_and_frees_what_it_holds) {
    ManualLoop loop;
    auto held = std::make_shared<int>(0);
    post(loop, [held] { ++*held; });
    EXPECT_EQ(*held, 0);
    EXPECT_EQ(held.use_count(), 2);
    loop.run();
    EXPECT_EQ(*held, 1);
    EXPECT_EQ(held.use_count(), 1);
    loop.run();
    EXPECT_EQ(*held, 1);
}

TEST(Post, keeps_the_order_of_one_thread_while_several_post) {
    ManualLoop loop;
    constexpr int threads = 4;
    constexpr int each = 500;
    std::vector<std::vector<int>> seen(threads);
    std::vector<std::thread> posting;
    for (int t = 0; t < threads; ++t)
        posting.emplace_back([&loop, &mine = seen[static_cast<std::size_t>(t)]] {
            for (int i = 0; i < each; ++i) post(loop, [&mine, i] { mine.push_back(i); });
        });
    for (std::thread& thread : posting) thread.join();
    loop.run();
    for (const auto& numbers : seen) {
        ASSERT_EQ(numbers.size(), static_cast<std::size_t>(each));
        EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    }
}

TEST(Post, what_a_posted_function_posts_runs_too) {
    ManualLoop loop;
    int depth = 0;
    post(loop, [&] {
        ++depth;
        post(loop, [&] { ++depth; });
    });
    loop.run();
    EXPECT_EQ(depth, 2);
}

}   // namespace
}   // namespace outrigger
