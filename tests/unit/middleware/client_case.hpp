// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include <outrigger/core/clock.hpp>
#include <outrigger/middleware/client_telemetry.hpp>
#include <outrigger/middleware/record.hpp>
#include <outrigger/resilience/pipeline.hpp>

#include "kept_lines.hpp"
#include "scripted_origin.hpp"

namespace outrigger::middleware {

// A pipeline around calls to an origin, recorded; retries wait for a moment only.
class ClientCase : public ::testing::Test {
protected:
    using Users = resilience::Pipeline<resilience::Timeout, resilience::Retry, resilience::Breaker>;

    ClientCase() { record(users, registry, log); }

    [[nodiscard]] std::string page() { return registry.text_page(); }
    // The value of the one series that has all this.
    [[nodiscard]] double value(const std::string& series) {
        const std::string text = page();
        const std::size_t at = text.find(series + ' ');
        return at == std::string::npos ? -1.0 : std::stod(text.substr(at + series.size() + 1));
    }
    [[nodiscard]] double attempts(const std::string& outcome) {
        return value("outrigger_attempts_total{upstream=\"users\",outcome=\"" + outcome + "\"}");
    }
    [[nodiscard]] double retries(const std::string& reason) {
        return value("outrigger_retries_total{upstream=\"users\",reason=\"" + reason + "\"}");
    }

    std::shared_ptr<KeptLines> kept = std::make_shared<KeptLines>();
    logging::Logger log{{.service = "orders", .level = logging::Level::debug, .sinks = {kept}}};
    metrics::Registry registry;
    ClientTelemetry telemetry{registry, log};
    const SystemClock clock;
    Users users{
        resilience::PipelineOptions{.name = "users"}, resilience::Timeout{.limit = std::chrono::seconds{10}},
        resilience::Retry{.attempts = 3,
                          .backoff = {.first = std::chrono::milliseconds{1}, .max = std::chrono::milliseconds{2}}},
        resilience::Breaker{.min_calls = 100}};
};

}   // namespace outrigger::middleware
