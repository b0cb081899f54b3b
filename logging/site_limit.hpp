// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>

#include <outrigger/logging/level.hpp>

namespace outrigger::logging {

// How many records a place in the source may make in each second of the clock. A bounded table: places for which there
// is no room are not limited. Thread-safe; the locks are held for a look into a few entries.
class SiteLimit {
public:
    // At most so many a second; 0: any number, and nothing below is to be asked.
    explicit SiteLimit(std::uint32_t rate);

    // What a place made too many of in a second that is over.
    struct Suppressed {
        std::uint64_t count = 0;
        Level level = Level::info;   // of the latest
        std::source_location origin;
    };
    struct Verdict {
        bool passes = true;
        Suppressed before;   // to be told now, if its count is not 0
    };

    [[nodiscard]] bool is_on() const noexcept { return rate_ != 0; }
    [[nodiscard]] Verdict ask(const std::source_location& origin, Level level, std::int64_t second) noexcept;
    // Some place that has something to tell of another second than this one; until there is none.
    [[nodiscard]] std::optional<Suppressed> take_untold(std::int64_t second) noexcept;

private:
    struct Site {
        std::source_location origin;
        std::int64_t second = 0;
        std::uint64_t made = 0;   // in that second; 0: the entry is free
        Level level = Level::info;
    };
    struct alignas(64) Bucket {
        std::mutex mutex;
        std::array<Site, 8> sites;
    };
    static constexpr std::size_t bucket_count = 64;

    [[nodiscard]] Site* site_in(Bucket& bucket, const std::source_location& origin, std::int64_t second) noexcept;
    [[nodiscard]] Suppressed told(Site& site) const noexcept;

    const std::uint32_t rate_;
    std::unique_ptr<std::array<Bucket, bucket_count>> buckets_;
};

}   // namespace outrigger::logging
