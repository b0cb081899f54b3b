// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/logging/sink.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::middleware {

// A sink that keeps its records.
class KeptRecords final : public logging::Sink {
public:
    bool take(std::string_view record, logging::Level) noexcept override {
        const std::scoped_lock lock{mutex_};
        if (!refuse) records_.emplace_back(record);
        return !refuse;
    }
    bool flush(Duration) noexcept override { return true; }

    [[nodiscard]] std::vector<std::string> all() const {
        const std::scoped_lock lock{mutex_};
        return records_;
    }
    // The one that there is; nothing unless there is just one.
    [[nodiscard]] std::string only() const {
        const std::vector<std::string> records = all();
        return records.size() == 1 ? records[0] : std::to_string(records.size()) + " records";
    }

    bool refuse = false;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> records_;
};

}   // namespace outrigger::middleware
