// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/process_metrics.hpp>

#include <gtest/gtest.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <fcntl.h>
#include <map>
#include <unistd.h>

namespace outrigger::metrics {
namespace {

std::map<std::string, prometheus::MetricFamily> by_name(const prometheus::Collectable& source) {
    std::map<std::string, prometheus::MetricFamily> families;
    for (auto& family : source.Collect()) families.emplace(family.name, family);
    return families;
}

double value(const std::map<std::string, prometheus::MetricFamily>& families, const std::string& name) {
    const auto& metric = families.at(name).metric.at(0);
    return families.at(name).type == prometheus::MetricType::Counter ? metric.counter.value
                                                                     : metric.gauge.value;
}

TEST(ProcessMetrics, tell_plausible_things_about_this_process) {
    const auto families = by_name(*process_metrics());
    EXPECT_EQ(families.size(), 7U);
    EXPECT_GT(value(families, "process_cpu_seconds_total"), 0.0);
    EXPECT_GT(value(families, "process_resident_memory_bytes"), 500e3);
    EXPECT_GT(value(families, "process_virtual_memory_bytes"),
              value(families, "process_resident_memory_bytes"));
    EXPECT_GE(value(families, "process_max_fds"), value(families, "process_open_fds"));
    EXPECT_GE(value(families, "process_threads"), 1.0);
    EXPECT_GT(value(families, "process_start_time_seconds"), 1.7e9);  // after November 2023
}

TEST(ProcessMetrics, an_opened_descriptor_is_counted) {
    const auto source = process_metrics();
    const double before = value(by_name(*source), "process_open_fds");
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const double after = value(by_name(*source), "process_open_fds");
    ::close(fd);
    EXPECT_EQ(after, before + 1);
}

TEST(BuildInfo, is_one_with_the_version_as_its_label) {
    const auto families = build_info("1.2.3")->Collect();
    ASSERT_EQ(families.size(), 1U);
    EXPECT_EQ(families[0].name, "outrigger_build_info");
    EXPECT_EQ(families[0].metric.at(0).gauge.value, 1.0);
    EXPECT_EQ(families[0].metric.at(0).label.at(0), (prometheus::ClientMetric::Label{"version", "1.2.3"}));
}

}  // namespace
}  // namespace outrigger::metrics
