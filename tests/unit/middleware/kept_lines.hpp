// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <outrigger/logging/sink.hpp>

namespace outrigger::middleware {

// What was logged since the last look.
class KeptLines final : public logging::Sink {
public:
    bool take(std::string_view record, logging::Level) noexcept override {
        const std::scoped_lock lock{mutex_};
        text_.append(record);
        if (!record.ends_with('\n')) text_ += '\n';
        return true;
    }
    bool flush(Duration) noexcept override { return true; }

    [[nodiscard]] std::string take() {
        const std::scoped_lock lock{mutex_};
        return std::exchange(text_, {});
    }

private:
    std::mutex mutex_;
    std::string text_;
};

// How often `part` is in `text`.
[[nodiscard]] inline std::size_t count_of(std::string_view part, std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
    return count;
}

}   // namespace outrigger::middleware
