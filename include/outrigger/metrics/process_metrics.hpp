// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/source.hpp>

#include <memory>
#include <string>

namespace outrigger::metrics {

// The process_* families that every client library offers, read from /proc at each scrape:
// process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes, process_open_fds,
// process_max_fds, process_start_time_seconds, process_threads. What cannot be read is left out. Thread-safe.
[[nodiscard]] std::shared_ptr<const Source> process_metrics();

// outrigger_build_info{version="..."} 1
[[nodiscard]] std::shared_ptr<const Source> build_info(const std::string& version);

}  // namespace outrigger::metrics
