// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/probe.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>

#include <outrigger/core/manual_clock.hpp>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

class ProbeTest : public testing::Test {
protected:
    ~ProbeTest() override {
        ::close(quiet);
        ::close(loud);
    }
    int quiet = ::eventfd(0, 0);
    int loud = ::eventfd(1, 0);
    SystemClock clock;
};

TEST_F(ProbeTest, knows_what_is_left) {
    ManualClock manual;
    const Probe probe{manual, 1s};
    EXPECT_EQ(probe.left(), 1s);
    manual.advance(999ms + 1ns);
    EXPECT_EQ(probe.left_milliseconds(), 1) << "rounded up: poll must not return early";
    manual.advance(1h);
    EXPECT_EQ(probe.left(), 0s);
    EXPECT_EQ(probe.left_milliseconds(), 0);
    EXPECT_EQ(Probe(manual, 1000h).left_milliseconds(), 3'600'000);
}

TEST_F(ProbeTest, waits_for_a_descriptor_until_its_deadline) {
    EXPECT_EQ((Probe{clock, 10s}.wait(loud, POLLIN)), Probe::Ready::ready);
    EXPECT_EQ((Probe{clock, 5ms}.wait(quiet, POLLIN)), Probe::Ready::late);
}

TEST_F(ProbeTest, a_stop_ends_a_wait) {
    EXPECT_EQ((Probe{clock, 1h, {}, loud}.wait(quiet, POLLIN)), Probe::Ready::stopped);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ((Probe{clock, 1h, stop.get_token()}.wait(loud, POLLIN)), Probe::Ready::stopped);
}

TEST_F(ProbeTest, says_timeout_as_terminus_does) {
    EXPECT_EQ((Probe{clock, 1500ms}.timed_out()), down("timeout of 1500ms exceeded"));
}

TEST_F(ProbeTest, custom_takes_a_function_of_a_probe_or_of_nothing) {
    const Probe probe{clock, 3s};
    EXPECT_EQ(custom([](auto& given) { return down(std::to_string(given.timeout() / 1s)); }).run(probe),
              down("3"));
    EXPECT_EQ(custom([] { return degraded("slow"); }).run(probe), degraded("slow"));
}

}   // namespace
}   // namespace outrigger::health
