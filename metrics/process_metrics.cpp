// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/process_metrics.hpp>
#include "process_stat.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace outrigger::metrics {
namespace {

std::string contents(const char* path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::optional<double> cpu_seconds() {
    timespec used{};
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return std::nullopt;
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// The descriptor that lists the folder is open too, and counted by every other client library as well.
std::optional<double> open_descriptors() {
    std::error_code failed;
    std::filesystem::directory_iterator entries{"/proc/self/fd", failed};
    if (failed) return std::nullopt;
    double count = 0;
    for (; entries != std::filesystem::directory_iterator{}; entries.increment(failed)) ++count;
    return count;
}

std::optional<double> descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
    return static_cast<double>(limit.rlim_cur);
}

std::optional<double> start_time(const ProcessStat& stat) {
    const auto boot = parse_boot_time(contents("/proc/stat"));
    const auto ticks_per_second = ::sysconf(_SC_CLK_TCK);
    if (!boot || ticks_per_second <= 0) return std::nullopt;
    return static_cast<double>(*boot) +
           static_cast<double>(stat.start_ticks) / static_cast<double>(ticks_per_second);
}

class ProcessMetrics final : public Source {
public:
    void collect(std::vector<MetricFamily>& all) const override {
        add(all, "process_cpu_seconds_total", "User and system CPU time spent, in seconds.", cpu_seconds(),
            MetricType::counter);
        add(all, "process_open_fds", "Open file descriptors.", open_descriptors());
        add(all, "process_max_fds", "Most file descriptors that may be open.", descriptor_limit());
        const auto stat = parse_process_stat(contents("/proc/self/stat"));
        if (!stat) return;
        add(all, "process_resident_memory_bytes", "Resident memory, in bytes.",
            static_cast<double>(stat->resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
        add(all, "process_virtual_memory_bytes", "Virtual memory, in bytes.",
            static_cast<double>(stat->virtual_bytes));
        add(all, "process_start_time_seconds", "Start of the process, in seconds since 1970.",
            start_time(*stat));
        add(all, "process_threads", "Threads of the process.", static_cast<double>(stat->threads));
    }

private:
    static void add(std::vector<MetricFamily>& all, const char* name, const char* help,
                    std::optional<double> value, MetricType type = MetricType::gauge) {
        if (value) all.push_back({.name = name, .help = help, .type = type, .numbers = {{.labels = {}, .value = *value}}});
    }
};

// A gauge rather than an info: its name is a contract.
class BuildInfo final : public Source {
public:
    explicit BuildInfo(const std::string& version) : labels_{{"version", version}} {}
    void collect(std::vector<MetricFamily>& into) const override {
        into.push_back({.name = "outrigger_build_info",
                        .help = "The version that runs.",
                        .type = MetricType::gauge,
                        .numbers = {{.labels = labels_, .value = 1}}});
    }

private:
    const Labels labels_;
};

}  // namespace

std::shared_ptr<const Source> process_metrics() { return std::make_shared<ProcessMetrics>(); }

std::shared_ptr<const Source> build_info(const std::string& version) {
    return std::make_shared<BuildInfo>(version);
}

}  // namespace outrigger::metrics
