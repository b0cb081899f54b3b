// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/logging/sink.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::logging {

// A sink that keeps what it takes, as long as there is room.
class KeptRecords final : public Sink {
public:
    bool take(std::string_view record, Level level) noexcept override {
        if (!has_room(record.size(), level)) return false;
        const std::scoped_lock lock{mutex_};
        records_.emplace_back(record);
        return true;
    }
    [[nodiscard]] bool has_room(std::size_t, Level) const noexcept override {
        ++looks;
        return !full;
    }
    bool flush(Duration at_most) noexcept override {
        flushed_within = at_most;
        return flushes;
    }

    [[nodiscard]] std::vector<std::string> taken() {
        const std::scoped_lock lock{mutex_};
        return std::exchange(records_, {});
    }
    // The only one.
    [[nodiscard]] std::string one() {
        auto all = taken();
        return all.size() == 1 ? all[0] : "there are " + std::to_string(all.size()) + " records";
    }

    std::atomic<bool> full{false};
    mutable std::atomic<int> looks{0};
    bool flushes = true;
    Duration flushed_within{-1};

private:
    std::mutex mutex_;
    std::vector<std::string> records_;
};

// What follows the message and what comes before the object event.
inline std::string middle_of(const std::string& record) {
    constexpr std::string_view before = R"("ecs.version":"9.4.0",)";
    const auto begin = record.find(before);
    const auto end = record.rfind(R"("event":{)");
    if (begin == std::string::npos || end == std::string::npos) return record;
    const auto from = begin + before.size();
    return end <= from ? "" : record.substr(from, end - from - 1);
}

}   // namespace outrigger::logging
