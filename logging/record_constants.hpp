// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outrigger::logging {

struct LoggerSettings;

// What a logger says in each of its records, as JSON members.
struct RecordConstants {
    RecordConstants() = default;
    explicit RecordConstants(const LoggerSettings& settings);
    // Empty: no name.
    void rename(std::string_view name);

    std::string head;      // "ecs.version":"...","service":{...}
    std::string log;       // "log":{"logger":"..."}, or nothing
    std::string logger;    // "logger":"...", or nothing
    std::string dataset;   // "dataset":"..."
    std::string event;     // "event":{"dataset":"..."}
};

}   // namespace outrigger::logging
