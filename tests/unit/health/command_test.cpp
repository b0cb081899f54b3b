// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/indicators.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/unit/health/probing.hpp"

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

Outcome shell(const std::string& script, Duration timeout = 20s) {
    return run(command({"sh", "-c", script}), timeout);
}

bool is_running(pid_t pid) {
    std::ifstream status{"/proc/" + std::to_string(pid) + "/stat"};
    std::string number, name, state;
    return status >> number >> name >> state && state != "Z" && state != "X";
}

TEST(Command, one_that_ends_with_0_is_up) {
    EXPECT_EQ(run(command({"true"})), up());
    EXPECT_TRUE(command({"true"}).timed);
}

TEST(Command, another_end_is_down_with_the_first_line_it_wrote) {
    EXPECT_EQ(shell("exit 3"), down("ended with 3"));
    EXPECT_EQ(shell("echo disk full >&2; echo more; exit 1"), down("ended with 1: disk full"));
    EXPECT_EQ(shell("kill -TERM $$"), down("killed by signal 15"));
}

TEST(Command, one_that_is_not_there_says_so) {
    try {
        (void)run(command({"/no/such/program"}));
        FAIL() << "it ran";
    } catch (const std::exception& thrown) {   // which the refresher makes `down`
        EXPECT_STREQ(thrown.what(), "/no/such/program: No such file or directory");
    }
}

TEST(Command, output_without_end_is_thrown_away) {
    EXPECT_EQ(shell("head -c 3000000 /dev/zero | tr '\\0' x"), up());
    EXPECT_EQ(shell("head -c 3000000 /dev/zero | tr '\\0' x; exit 1").message.size(),
              512 + std::string{"ended with 1: "}.size());
    EXPECT_EQ(shell("yes", 50ms), down("timeout of 50ms exceeded"));
}

TEST(Command, at_the_timeout_its_whole_group_is_killed) {
    const auto file =
        std::filesystem::temp_directory_path() / ("outrigger-command-" + std::to_string(::getpid()));
    EXPECT_EQ(shell("sleep 100 & echo $! >" + file.string() + "; wait", 1s),
              down("timeout of 1000ms exceeded"));
    pid_t child = 0;
    std::ifstream{file} >> child;
    ASSERT_GT(child, 1);
    std::filesystem::remove(file);
    // Killed; it may take a moment to die, and whoever adopted it may not have reaped it yet.
    const SystemClock clock;
    const Instant patience = clock.now() + 20s;
    while (is_running(child) && clock.now() < patience) std::this_thread::yield();
    EXPECT_FALSE(is_running(child));
}

TEST(Command, what_it_leaves_running_ends_with_it) {
    const Outcome outcome = shell("sleep 100 & exit 0");   // the sleep holds the output open
    EXPECT_EQ(outcome, up());
}

TEST(Command, one_that_closes_its_output_is_still_waited_for) {
    EXPECT_EQ(shell("exec >&- 2>&-; exit 4"), down("ended with 4"));
    EXPECT_EQ(shell("exec >&- 2>&-; sleep 100", 50ms), down("timeout of 50ms exceeded"));
}

TEST(Command, gets_no_input_and_none_of_our_descriptors) {
    EXPECT_EQ(shell("test -z \"$(cat)\""), up());
    const int open = ::dup(0);   // without close-on-exec
    EXPECT_EQ(shell("test ! -e /proc/$$/fd/" + std::to_string(open)), up());
    ::close(open);
}

TEST(Command, refuses_what_is_no_program) {
    EXPECT_THROW((void)command({}), std::invalid_argument);
    EXPECT_THROW((void)command({""}), std::invalid_argument);
}

}   // namespace
}   // namespace outrigger::health
