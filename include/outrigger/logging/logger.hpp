// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <outrigger/core/blocking.hpp>
#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/context.hpp>
#include <outrigger/logging/field.hpp>
#include <outrigger/logging/level.hpp>
#include <outrigger/logging/severity.hpp>
#include <outrigger/logging/shipping/ship.hpp>
#include <outrigger/logging/sink.hpp>

namespace outrigger::logging {

class Redaction;

struct LoggerSettings {
    // Who says it: service.name, .version, .environment, .node.name. What is empty is left out.
    std::string service = {};
    std::string version = {};
    std::string environment = {};
    std::string node = {};
    std::string dataset = {};            // event.dataset; empty: the service's name
    std::string name = {};               // log.logger; empty: none

    Level level = Level::info;      // what is below is not made; may be changed later
    Level origin = Level::warn;     // from here on records say where in the source they come from

    // Where records go: to all of these. Without any of them, to stdout.
    std::optional<bool> to_stdout = {};  // nothing: if there is nothing else
    std::string file = {};               // appended to; see Logger::reopen()
    Ship ship = {};                      // needs the component outrigger::shipping
    std::vector<std::shared_ptr<Sink>> sinks = {};

    std::vector<std::string> redact = {};    // see Redaction
    Bytes record_max{64 << 10};         // longer ones are cut; at least 1 KiB
    Ratio sample = 1.0;                 // of what is below warn; a trace is kept or left out as a whole
    std::uint32_t site_rate = 0;        // records a second from one place in the source; 0: any number
    // How long a call may wait for room in a sink that is full. Waits lie apart a hundred times their length, so that
    // errors in a flood, or while nothing goes out, do not wait.
    Duration wait_for_errors = std::chrono::milliseconds{1};
    Duration wait_below_error = {};

    BlockingClock* clock = nullptr;   // another one than the machine's, for tests; must outlive the logger
};

// What became of the records of a logger and its children, so far.
struct LoggerStats {
    using BySeverity = std::array<std::uint64_t, severity_count>;
    BySeverity taken{};        // by all sinks
    BySeverity refused{};      // by at least one, since it was full, or there was no memory
    BySeverity sampled{};      // left out by the sampling ratio
    BySeverity suppressed{};   // left out by the rate of their site
    std::uint64_t truncated = 0;   // of taken and refused: cut, and say so
};

// What a record says, and where it was said: the place of the call is captured by the way; std::source_location{}: none.
struct Message {
    template <std::convertible_to<std::string_view> Text>
    constexpr Message(const Text& said, std::source_location where = std::source_location::current()) noexcept  // NOLINT
        : text{said}, origin{where} {}
    std::string_view text;
    std::source_location origin;
};

// What another logging library was told, and when: for who passes it on. Views, for the length of the call.
struct Relayed {
    Level level = Level::info;
    std::string_view message = {};
    WallTime at = {};                 // @timestamp
    std::string_view logger = {};     // log.logger; empty: this logger's name
    std::string_view file = {};       // where in the source it was said; empty: nobody knows
    std::uint32_t line = 0;
    std::string_view function = {};
};

// Tells what happens, in records of the Elastic Common Schema, one JSON object a line:
//
//   Logger log{{.service = "orders", .ship = {.to = "logstash+http://logstash:8080"}}};
//   log.info("order placed", field("order.id", id), field("order.total", 12.5));
//   log.error("payment failed", field("order.id", id), field(exception));
//
// A call makes the record in the caller's thread, in memory of the stack, and hands it to the sinks; it neither throws
// nor allocates (but for records above 4 KiB), nor waits for I/O or a lock that is held across I/O, nor longer than the
// settings say for room in a full sink. What is not passed on is counted. Texts are repaired where they are not UTF-8.
//
// Fields come from the scopes of the thread (context.hpp), from the logger (with()) and from the call; of one name the
// last one is written. See Key for names. At most 64 of them are written.
//
// A cheap handle: copies and children share sinks, level and figures; the last one to go flushes the sinks as these do
// it (a Writer for a second, say). Thread-safe. Hidden threads are those of the sinks: one each for stdout, file, ship.
// After fork() the child has no such threads and must not log; after exec() all is well. Nor may signal handlers log. Logging from a destructor of a
// static object works as long as some copy of the logger lives.
class Logger {
public:
    // Opens what the settings name. Throws std::invalid_argument for settings that make no sense, std::system_error if
    // a file cannot be opened, std::runtime_error if a spool cannot be or if ship.to is set and outrigger::shipping is
    // not linked; each in a sentence.
    explicit Logger(const LoggerSettings& settings);

    template <std::same_as<Field>... Fields>
    void trace(Message message, const Fields&... fields) const noexcept {
        log(Level::trace, message, fields...);
    }
    template <std::same_as<Field>... Fields>
    void debug(Message message, const Fields&... fields) const noexcept {
        log(Level::debug, message, fields...);
    }
    template <std::same_as<Field>... Fields>
    void info(Message message, const Fields&... fields) const noexcept {
        log(Level::info, message, fields...);
    }
    template <std::same_as<Field>... Fields>
    void warn(Message message, const Fields&... fields) const noexcept {
        log(Level::warn, message, fields...);
    }
    template <std::same_as<Field>... Fields>
    void error(Message message, const Fields&... fields) const noexcept {
        log(Level::error, message, fields...);
    }
    template <std::same_as<Field>... Fields>
    void log(Level level, Message message, const Fields&... fields) const noexcept {
        if (!enabled(level)) return;
        if constexpr (sizeof...(fields) == 0) {
            write(level, message, {});
        } else {
            const std::array<const Field*, sizeof...(fields)> all{&fields...};
            write(level, message, all);
        }
    }

    // Passes on what another library was told: a record like all others, with this thread's scopes and this logger's
    // fields, whose time and place are those of `said`. Such places are not limited by site_rate.
    template <std::same_as<Field>... Fields>
    void relay(const Relayed& said, const Fields&... fields) const noexcept {
        if (!enabled(said.level)) return;
        if constexpr (sizeof...(fields) == 0) {
            pass_on(said, {});
        } else {
            const std::array<const Field*, sizeof...(fields)> all{&fields...};
            pass_on(said, all);
        }
    }

    // Whether records of this level are made: for who would have to compute something first.
    [[nodiscard]] bool enabled(Level level) const noexcept { return level >= level_->load(std::memory_order_relaxed); }
    // For all copies and children.
    void set_level(Level level) const noexcept { level_->store(level, std::memory_order_relaxed); }

    // A logger whose records have these fields too. Throws std::bad_alloc.
    template <std::same_as<Field>... Fields>
    [[nodiscard]] Logger with(const Field& first, const Fields&... more) const {
        return child(std::array<const Field*, 1 + sizeof...(more)>{&first, &more...});
    }
    // A logger under another name (log.logger).
    [[nodiscard]] Logger named(std::string_view name) const;

    // Waits until what was logged before is out of this process's hands, at most `at_most`. False: some of it is not.
    bool flush(Duration at_most) const noexcept;   // NOLINT(modernize-use-nodiscard): many only want to have waited
    // Opens the file again, after it was rotated (on SIGHUP, say).
    [[nodiscard]] std::error_code reopen() const noexcept;

    [[nodiscard]] LoggerStats stats() const noexcept;

    // Its sinks as one, for whole records that somebody else makes, such as an access log's lines: counted with its
    // own, but without regard to level and sampling, and without a wait for room. It lives on without the logger.
    [[nodiscard]] std::shared_ptr<Sink> sink() const noexcept;
    // As the settings say. Both hold as long as sink() does.
    [[nodiscard]] const Redaction& redaction() const noexcept;
    [[nodiscard]] std::string_view service() const noexcept;

private:
    class Core;
    struct Own;
    Logger(std::shared_ptr<Core> core, std::shared_ptr<const Own> own) noexcept;

    [[nodiscard]] Logger child(std::span<const Field* const> fields) const;
    void write(Level level, const Message& message, std::span<const Field* const> fields) const noexcept;
    void pass_on(const Relayed& said, std::span<const Field* const> fields) const noexcept;

    std::shared_ptr<Core> core_;        // what all copies and children share
    std::shared_ptr<const Own> own_;    // name and fields of this one
    std::atomic<Level>* level_;         // in the core
};

}   // namespace outrigger::logging
