// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/process_metrics.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <map>
#include <unistd.h>

namespace outrigger::metrics {
namespace {

std::map<std::string, MetricFamily> by_name(const Source& source) {
    std::vector<MetricFamily> all;
    source.collect(all);
    std::map<std::string, MetricFamily> families;
    for (auto& family : all) families.emplace(family.name, family);
    return families;
}

double value(const std::map<std::string, MetricFamily>& families, const std::string& name) {
    return families.at(name).numbers.at(0).value;
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
    const auto families = by_name(*build_info("1.2.3"));
    ASSERT_EQ(families.size(), 1U);
    EXPECT_EQ(value(families, "outrigger_build_info"), 1.0);
    EXPECT_EQ(families.at("outrigger_build_info").numbers.at(0).labels.text(), "version=\"1.2.3\"");
}

}  // namespace
}  // namespace outrigger::metrics
