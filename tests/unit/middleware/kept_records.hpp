// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/logging/sink.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
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
        if (refuse) return false;
        records_.emplace_back(record);
        more_.notify_all();
        return true;
    }
    bool flush(Duration) noexcept override { return true; }

    [[nodiscard]] std::vector<std::string> all() const {
        const std::scoped_lock lock{mutex_};
        return records_;
    }
    // Once there are so many, or after twenty seconds what there is, filled up with empty ones.
    [[nodiscard]] std::vector<std::string> at_least(std::size_t count) {
        std::unique_lock lock{mutex_};
        more_.wait_for(lock, std::chrono::seconds{20}, [&] { return records_.size() >= count; });
        std::vector<std::string> records = records_;
        if (records.size() < count) records.resize(count);
        return records;
    }
    // The one that there is; nothing unless there is just one.
    [[nodiscard]] std::string only() const {
        const std::vector<std::string> records = all();
        return records.size() == 1 ? records[0] : std::to_string(records.size()) + " records";
    }

    std::atomic<bool> refuse = false;

private:
    mutable std::mutex mutex_;
    std::condition_variable more_;
    std::vector<std::string> records_;
};

}   // namespace outrigger::middleware
