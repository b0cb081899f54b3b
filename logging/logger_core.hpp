// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <outrigger/core/system_blocking_clock.hpp>
#include <outrigger/logging/file_sink.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/logging/redaction.hpp>
#include <outrigger/logging/sink.hpp>
#include "record_text.hpp"
#include "site_limit.hpp"
#include "thread_part.hpp"

namespace outrigger::logging {

// One call, as its logger passes it on.
struct LogCall {
    Level level;
    const Message& message;
    const RecordConstants& constants;
    std::span<const Field> bound;
    std::span<const Field* const> given;
};

// What a logger, its copies and its children share: sinks, figures, and what decides whether a record is made.
class Logger::Core final : public Sink {
public:
    explicit Core(const LoggerSettings& settings);
    ~Core() override;
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    void write(const LogCall& call) noexcept;
    void relay(const Relayed& said, const RecordConstants& constants, std::span<const Field> bound,
               std::span<const Field* const> given) noexcept;

    [[nodiscard]] std::atomic<Level>& level() noexcept { return level_; }
    bool flush(Duration at_most) noexcept override;
    [[nodiscard]] std::error_code reopen() noexcept;
    [[nodiscard]] LoggerStats stats() const noexcept;

    // Records that somebody else has made.
    bool take(std::string_view record, Level level) noexcept override;
    [[nodiscard]] bool has_room(std::size_t bytes, Level level) const noexcept override;
    [[nodiscard]] const Redaction& redaction() const noexcept { return redaction_; }
    [[nodiscard]] std::string_view service() const noexcept { return service_; }

private:
    struct Outlet {
        std::shared_ptr<Sink> sink;
        std::atomic<Instant::rep> next_wait{Instant::min().time_since_epoch().count()};   // not before, on our clock
    };
    using Counts = std::array<std::atomic<std::uint64_t>, severity_count>;
    struct alignas(64) Figures {   // each thread has cache lines of its own, mostly
        Counts taken{};
        Counts refused{};
        Counts sampled{};
        Counts suppressed{};
        std::atomic<std::uint64_t> truncated{0};
    };

    [[nodiscard]] bool sampled_out(Level level, std::string_view trace) noexcept;
    [[nodiscard]] bool suppressed(const LogCall& call, WallTime now) noexcept;
    void tell(const SiteLimit::Suppressed& what, const RecordConstants& constants, WallTime now) noexcept;
    void make(const LogCall& call, bool with_origin, WallTime at, const Relayed* relayed = nullptr) noexcept;
    void make_large(const RecordDraft& draft) noexcept;
    void hand_over(const RecordText& record, Level level) noexcept;
    [[nodiscard]] bool taken_by(Outlet& outlet, std::string_view line, Level level) noexcept;
    void wait_for_room(Outlet& outlet, std::size_t bytes, Level level, Duration at_most) noexcept;
    void count(Counts Figures::* which, Level level) noexcept {
        const auto severity = static_cast<std::size_t>(severity_of(level));
        (figures_[thread_part()].*which)[severity].fetch_add(1, std::memory_order_relaxed);
    }

    std::atomic<Level> level_;
    const Level origin_;
    const std::size_t record_max_;
    const Ratio sample_;
    const Duration wait_for_errors_;
    const Duration wait_below_error_;
    const Redaction redaction_;
    const std::string service_;
    const RecordConstants constants_;   // for what the core itself tells
    SystemBlockingClock system_clock_;
    BlockingClock& clock_;
    std::vector<std::unique_ptr<Outlet>> outlets_;
    std::shared_ptr<FileSink> file_;
    SiteLimit site_limit_;
    std::atomic<std::int64_t> swept_{0};             // the second when the site limit was last asked for what is untold
    std::atomic<std::uint64_t> sampling_{0};         // chance for records without a trace
    std::array<Figures, thread_parts> figures_;
};

}   // namespace outrigger::logging
