// SPDX-License-Identifier: Apache-2.0
#pragma once

// spdlog and our Logger, both ways. Header only: the component needs no spdlog, who includes this has it (1.10 or
// later; link spdlog::spdlog, or what your project calls it). Not part of <outrigger/middleware.hpp>.
//
// Use one way at a time: a logger that writes to an spdlog logger that writes to that logger never ends.

#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/field.hpp>
#include <outrigger/logging/level.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/logging/sink.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace outrigger::middleware {

// What spdlog is told, as ECS records of a Logger: wherever that ships. As they were in spdlog: level, message, time
// (@timestamp), the logger's name (log.logger), the thread's number (process.thread.id), and the place in the source
// (log.origin) where spdlog's macros were used. From us: the Logger's fields and the scopes of the thread that runs the
// sink (Context, TraceContext), redaction of fields, sampling, counting.
//
// What is lost: `critical` becomes `error` (event.severity 5 tells it apart); patterns and formatters mean nothing
// here; values that were formatted into the message are no fields; spdlog's MDC (1.15) is not taken over; and behind an
// asynchronous spdlog logger the scopes are those of spdlog's thread, so that no trace is joined.
//
// log() never throws, and waits no longer than the Logger's own calls do. flush() waits at most `flush_at_most`, with
// flush_on() in the caller of the log call: choose it small there. Thread-safe.
class SpdlogSink final : public spdlog::sinks::sink {
public:
    explicit SpdlogSink(logging::Logger log, Duration flush_at_most = std::chrono::seconds{1}) noexcept
        : log_{std::move(log)}, flush_at_most_{flush_at_most} {}

    void log(const spdlog::details::log_msg& said) override {
        const logging::Relayed relayed{.level = level_of(said.level),
                                       .message = {said.payload.data(), said.payload.size()},
                                       .at = std::chrono::time_point_cast<Duration>(said.time),
                                       .logger = {said.logger_name.data(), said.logger_name.size()},
                                       .file = text_of(said.source.filename),
                                       .line = static_cast<std::uint32_t>(said.source.line),
                                       .function = text_of(said.source.funcname)};
        const auto thread = logging::field("process.thread.id", said.thread_id);
        if (said.level == spdlog::level::critical)
            log_.relay(relayed, thread, logging::field("event.severity", int{spdlog::level::critical}));
        else
            log_.relay(relayed, thread);
    }
    void flush() override { log_.flush(flush_at_most_); }
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
    [[nodiscard]] static logging::Level level_of(spdlog::level::level_enum level) noexcept {
        using logging::Level;
        if (level >= spdlog::level::err) return Level::error;
        if (level == spdlog::level::warn) return Level::warn;
        if (level == spdlog::level::info) return Level::info;
        return level == spdlog::level::debug ? Level::debug : Level::trace;
    }
    [[nodiscard]] static std::string_view text_of(const char* text) noexcept {
        return text == nullptr ? std::string_view{} : std::string_view{text};
    }

    const logging::Logger log_;
    const Duration flush_at_most_;
};

//   spdlog::default_logger()->sinks().push_back(og::middleware::spdlog_sink(log));     before other threads log
[[nodiscard]] inline spdlog::sink_ptr spdlog_sink(logging::Logger log,
                                                  Duration flush_at_most = std::chrono::seconds{1}) {
    return std::make_shared<SpdlogSink>(std::move(log), flush_at_most);
}

// The reverse: a Logger's records go to an spdlog logger, as the lines of JSON that they are. Give that logger the
// pattern "%v", else its own time and level stand before each.
//
//   og::logging::Logger log{{.service = "orders", .sinks = {og::middleware::to_spdlog(spdlog::get("json"))}}};
//
// What is lost: a Logger's call waits for no I/O, but an spdlog logger that is not asynchronous writes within it. Its
// level leaves records out, and its sinks' faults drop them, that the Logger counts as taken. flush() is spdlog's: it
// has no bound, and behind an asynchronous logger it only asks. What it throws is a record that was not taken.
class SpdlogOutput final : public logging::Sink {
public:
    explicit SpdlogOutput(std::shared_ptr<spdlog::logger> to) noexcept : to_{std::move(to)} {}

    bool take(std::string_view record, logging::Level level) noexcept override {
        record.remove_suffix(record.ends_with('\n') ? 1 : 0);   // spdlog ends lines itself
        try {
            to_->log(level_of(level), spdlog::string_view_t{record.data(), record.size()});
            return true;
        } catch (...) {
            return false;
        }
    }
    bool flush(Duration) noexcept override {
        try {
            to_->flush();
            return true;
        } catch (...) {
            return false;
        }
    }

private:
    [[nodiscard]] static spdlog::level::level_enum level_of(logging::Level level) noexcept {
        switch (level) {
            case logging::Level::trace: return spdlog::level::trace;
            case logging::Level::debug: return spdlog::level::debug;
            case logging::Level::info: return spdlog::level::info;
            case logging::Level::warn: return spdlog::level::warn;
            case logging::Level::error: break;
        }
        return spdlog::level::err;
    }

    const std::shared_ptr<spdlog::logger> to_;
};

// Throws std::invalid_argument for no logger.
[[nodiscard]] inline std::shared_ptr<logging::Sink> to_spdlog(std::shared_ptr<spdlog::logger> logger) {
    if (logger == nullptr) throw std::invalid_argument("there is no such spdlog logger");
    return std::make_shared<SpdlogOutput>(std::move(logger));
}

}   // namespace outrigger::middleware
