// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/instrument_family.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/metrics/registry.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

bool says(const Registry& registry, const std::string& line) {
    return registry.text_page().find("\n" + line + "\n") != std::string::npos;
}

MetricFamily family(const Registry& registry, std::string_view name) {
    for (auto& family : registry.collect())
        if (family.name == name) return family;
    return {};
}

TEST(Family, the_same_values_are_the_same_series) {
    Registry registry;
    const auto orders = registry.counter("orders_total", "Orders.", labels("method", "route"));
    orders.with("GET", "/x").increment();
    orders.with(std::string{"GET"}, std::string_view{"/x"}).increment();
    orders.with("GET", "/y").increment();
    EXPECT_TRUE(says(registry, "orders_total{method=\"GET\",route=\"/x\"} 2"));
    EXPECT_TRUE(says(registry, "orders_total{method=\"GET\",route=\"/y\"} 1"));
}

TEST(Family, values_run_into_each_other_nowhere) {
    Registry registry;
    const auto orders = registry.counter("orders_total", "Orders.", labels("a", "b"));
    orders.with("x", "").increment();
    orders.with("", "x").increment(2);
    orders.with("", "").increment(3);
    EXPECT_TRUE(says(registry, "orders_total{a=\"x\"} 1"));
    EXPECT_TRUE(says(registry, "orders_total{b=\"x\"} 2"));
    EXPECT_TRUE(says(registry, "orders_total 3"));
}

TEST(Family, values_that_look_the_same_on_the_page_are_one_series) {
    Registry registry;
    const auto orders = registry.counter("orders_total", "Orders.", labels("a"));
    orders.with("\xff").increment();
    orders.with("\xfe").increment();
    EXPECT_EQ(family(registry, "orders_total").numbers.size(), 1U);
}

TEST(Family, series_stay_in_the_order_of_their_coming) {
    Registry registry;
    const auto orders = registry.counter("orders_total", "Orders.", labels("n"));
    for (int i = 0; i < 300; ++i) orders.with(std::to_string(i)).increment();
    const auto series = family(registry, "orders_total").numbers;
    ASSERT_EQ(series.size(), 300U);
    for (std::size_t i = 0; i < 300; ++i) EXPECT_EQ(series[i].labels.value("n"), std::to_string(i));
}

TEST(Family, what_comes_after_the_cap_is_other_and_counted) {
    Registry registry;
    const auto orders = registry.counter("orders_total", "Orders.", labels("user", "method"), {.series_max = 2});
    orders.with("1", "GET").increment();
    orders.with("2", "GET").increment();
    EXPECT_TRUE(says(registry, "outrigger_series_overflow_total{family=\"orders_total\"} 0"));
    for (int user = 3; user < 10; ++user) orders.with(std::to_string(user), "GET").increment();
    orders.with("1", "GET").increment();
    EXPECT_TRUE(says(registry, "orders_total{user=\"1\",method=\"GET\"} 2"));
    EXPECT_TRUE(says(registry, "orders_total{user=\"other\",method=\"other\"} 7"));
    EXPECT_TRUE(says(registry, "outrigger_series_overflow_total{family=\"orders_total\"} 7"));
    EXPECT_EQ(family(registry, "orders_total").size(), 3U);
}

TEST(Family, without_labels_has_no_cap) {
    Registry registry;
    registry.counter("orders_total", "Orders.").increment();
    EXPECT_EQ(registry.text_page().find("outrigger_series_overflow_total"), std::string::npos);
}

TEST(Family, outlives_its_registry) {
    std::optional<Family<Counter, 1>> orders;
    {
        Registry registry;
        orders = registry.counter("orders_total", "Orders.", labels("a"));
    }
    const Counter counter = orders->with("x");
    counter.increment();
    EXPECT_EQ(counter.value(), 1);
}

TEST(Family, a_series_says_when_it_began) {
    auto clock = std::make_shared<ManualClock>();
    Registry registry{clock};
    const auto orders = registry.counter("orders_total", "Orders.", labels("a"));
    orders.with("x").increment();
    const WallTime first = clock->wall();
    clock->advance(5s);
    orders.with("y").increment();
    const auto series = family(registry, "orders_total").numbers;
    EXPECT_EQ(series.at(0).created, first);
    EXPECT_EQ(series.at(1).created, first + 5s);
}

class IdleSeries : public ::testing::Test {
protected:
    [[nodiscard]] bool has(const std::string& user) const {
        for (const auto& series : family(registry, "orders_total").numbers)
            if (series.labels.value("user") == user) return true;
        return false;
    }
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    Registry registry{clock};
    Family<Counter, 1> orders = registry.counter("orders_total", "Orders.", labels("user"), {.series_max = 2, .idle = 10s});
};

TEST_F(IdleSeries, are_forgotten_when_nothing_changed_for_so_long) {
    orders.with("1").increment();
    EXPECT_TRUE(has("1"));
    clock->advance(9s);
    EXPECT_TRUE(has("1"));
    orders.with("1").increment();
    clock->advance(9s);
    EXPECT_TRUE(has("1")) << "it changed";
    clock->advance(10s);
    EXPECT_FALSE(has("1"));
}

TEST_F(IdleSeries, begin_anew_when_they_come_back) {
    orders.with("1").increment(5);
    EXPECT_TRUE(has("1"));
    clock->advance(10s);
    EXPECT_FALSE(has("1"));
    EXPECT_EQ(orders.with("1").value(), 0);
}

TEST_F(IdleSeries, make_room_under_the_cap) {
    orders.with("1").increment();
    orders.with("2").increment();
    EXPECT_TRUE(has("1"));
    clock->advance(10s);
    EXPECT_FALSE(has("1"));
    orders.with("3").increment();
    EXPECT_TRUE(has("3"));
    EXPECT_FALSE(has("other"));
}

TEST_F(IdleSeries, stay_while_somebody_holds_a_handle) {
    std::optional<Counter> held{orders.with("1")};
    EXPECT_TRUE(has("1"));
    clock->advance(1h);
    EXPECT_TRUE(has("1"));
    held->increment();
    held.reset();
    EXPECT_TRUE(has("1"));
    clock->advance(10s);
    EXPECT_FALSE(has("1"));
}

TEST_F(IdleSeries, the_other_series_is_never_forgotten) {
    for (const char* user : {"1", "2", "3"}) orders.with(user).increment();
    EXPECT_TRUE(has("other"));
    clock->advance(1h);
    EXPECT_FALSE(has("1"));
    EXPECT_TRUE(has("other"));
}

// Threads look up, count and end, series are forgotten and come back, a scraper reads: nothing is lost that was
// counted through a handle that is still held.
TEST(Families, hold_while_threads_end_and_series_come_and_go) {
    auto clock = std::make_shared<ManualClock>();
    Registry registry{clock};
    const auto orders = registry.counter("orders_total", "Orders.", labels("n"), {.series_max = 50, .idle = 1ns});
    const auto sizes = registry.native_histogram("sizes", "Sizes.", labels("n"), {}, {.series_max = 50, .idle = 1ns});
    const Counter held = orders.with("held");
    std::atomic<bool> done{false};
    std::thread scraper{[&] {
        while (!done.load()) {
            clock->advance(1s);
            EXPECT_FALSE(registry.collect().empty());
        }
    }};
    constexpr int rounds = 4;
    constexpr int threads = 4;
    constexpr int calls = 500;
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::thread> counting;
        for (int thread = 0; thread < threads; ++thread)
            counting.emplace_back([&] {
                for (int i = 0; i < calls; ++i) {
                    held.increment();
                    orders.with(std::to_string(i % 70)).increment();
                    sizes.with(std::to_string(i % 7)).observe(i);
                }
            });
        for (auto& thread : counting) thread.join();
    }
    done = true;
    scraper.join();
    EXPECT_EQ(held.value(), rounds * threads * calls);
}

TEST(Families, what_threads_counted_is_what_is_scraped) {
    Registry registry;
    const auto orders = registry.counter("orders_total", "Orders.", labels("n"), {.series_max = 20});
    const auto times = registry.histogram("times_seconds", "Times.", labels("n"));
    std::atomic<bool> done{false};
    const auto sum = [&] {
        double all = 0;
        for (const auto& series : family(registry, "orders_total").numbers) all += series.value;
        return all;
    };
    std::thread scraper{[&] {
        for (double last = 0; !done.load();) {
            const double now = sum();
            EXPECT_GE(now, last);
            last = now;
        }
    }};
    constexpr int rounds = 3;
    constexpr int threads = 4;
    constexpr int calls = 1'000;
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::thread> counting;
        for (int thread = 0; thread < threads; ++thread)
            counting.emplace_back([&] {
                const Histogram mine = times.with("mine");
                for (int i = 0; i < calls; ++i) {
                    orders.with(std::to_string(i % 40)).increment();
                    mine.observe(0.01);
                }
            });
        for (auto& thread : counting) thread.join();
    }
    done = true;
    scraper.join();
    EXPECT_EQ(sum(), rounds * threads * calls);
    EXPECT_EQ(times.with("mine").value().count, std::uint64_t{rounds} * threads * calls);
}

}  // namespace
}  // namespace outrigger::metrics
