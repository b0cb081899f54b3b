// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/registry.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace outrigger::metrics {
namespace {

TEST(Gauge, is_set_exactly_and_goes_up_and_down) {
    Registry registry;
    const Gauge gauge = registry.gauge("queue_length", "Jobs waiting.");
    gauge.set(0.1);
    EXPECT_EQ(gauge.value(), 0.1);
    gauge.set(5);
    gauge.add(2.5);
    gauge.add(-4);
    EXPECT_EQ(gauge.value(), 3.5);
    EXPECT_NE(registry.text_page().find("# TYPE queue_length gauge\nqueue_length 3.5\n"), std::string::npos);
}

TEST(Gauge, additions_of_all_threads_count) {
    Registry registry;
    const Gauge gauge = registry.gauge("busy", "Busy.");
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&] {
            for (int i = 0; i < 1'000; ++i) {
                gauge.add(2);
                gauge.add(-1);
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(gauge.value(), 4'000);
}

}  // namespace
}  // namespace outrigger::metrics
