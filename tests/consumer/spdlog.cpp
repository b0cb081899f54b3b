// SPDX-License-Identifier: Apache-2.0
// A program that logs by spdlog already, and has its records shipped; and one whose records go to spdlog.
#include <outrigger/middleware/spdlog.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace og = outrigger;

int main() {
    auto lines = spdlog::stdout_logger_mt("lines");
    lines->set_pattern("%v");
    const og::logging::Logger log{{.service = "orders", .sinks = {og::middleware::to_spdlog(lines)}}};
    spdlog::logger payments{"payments", og::middleware::spdlog_sink(log)};
    payments.info("paid {} of {}", 3, 5);
    payments.flush();
}
