// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/registry.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>

namespace outrigger::metrics {
namespace {

double refused(const Registry& registry, std::string_view cause) {
    for (const auto& family : registry.collect())
        for (const auto& series : family.numbers)
            if (family.name == "outrigger_metrics_refused_total" && series.labels.value("cause") == cause) return series.value;
    return 0;
}

TEST(Counter, adds_whole_numbers_and_fractions_of_all_threads) {
    Registry registry;
    const Counter counter = registry.counter("jobs_total", "Jobs.");
    counter.increment();
    counter.increment(4);
    counter.increment(0.5);
    std::thread{[&] { counter.increment(2U); }}.join();
    EXPECT_EQ(counter.value(), 7.5);
    EXPECT_NE(registry.text_page().find("# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 7.5\n"), std::string::npos);
}

TEST(Counter, what_it_cannot_add_is_counted_instead) {
    Registry registry;
    const Counter counter = registry.counter("jobs_total", "Jobs.");
    EXPECT_EQ(refused(registry, "negative"), 0);
    counter.increment(-1);
    counter.increment(-0.5);
    counter.increment(-std::numeric_limits<double>::infinity());
    counter.increment(std::numeric_limits<double>::quiet_NaN());
    counter.increment(std::numeric_limits<double>::infinity());
    EXPECT_EQ(counter.value(), 0);
    EXPECT_EQ(refused(registry, "negative"), 3);
    EXPECT_EQ(refused(registry, "not_finite"), 2);
    EXPECT_NE(registry.text_page().find("outrigger_metrics_refused_total{family=\"jobs_total\",cause=\"negative\"} 3\n"), std::string::npos);
}

TEST(Counter, a_copy_counts_in_the_same_series) {
    Registry registry;
    const Counter counter = registry.counter("jobs_total", "Jobs.");
    const Counter copy = counter;
    copy.increment();
    EXPECT_EQ(counter.value(), 1);
}

TEST(Counter, outlives_its_registry) {
    auto registry = std::make_unique<Registry>();
    const Counter counter = registry->counter("jobs_total", "Jobs.");
    counter.increment();
    registry.reset();
    counter.increment();
    EXPECT_EQ(counter.value(), 2);
}

TEST(Counter, carries_the_exemplar_of_one_increment) {
    Registry registry;
    const Counter counter = registry.counter("jobs_total", "Jobs.");
    counter.increment(2, {.trace_id = "abc", .at = WallTime{std::chrono::seconds{5}}});
    counter.increment(1, {.trace_id = std::string(200, 'x')});
    const auto families = registry.collect();
    ASSERT_EQ(families.at(0).name, "jobs_total");
    const auto& series = families[0].numbers.at(0);
    EXPECT_EQ(series.value, 3);
    ASSERT_TRUE(series.exemplar);
    EXPECT_EQ(series.exemplar->value, 2);
    EXPECT_EQ(series.exemplar->labels.value("trace_id"), "abc");
    EXPECT_EQ(refused(registry, "exemplar_too_long"), 1);
}

}  // namespace
}  // namespace outrigger::metrics
