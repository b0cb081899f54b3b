// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/level.hpp>
#include <outrigger/resilience/pipeline_events.hpp>

namespace outrigger::logging {
class Logger;
}   // namespace outrigger::logging

namespace outrigger::middleware {

class OperationalLog;

// What the attempt before a retry ended with, in a word: our reason, the status of a reply, or "failed".
class RetryCause {
public:
    explicit RetryCause(const resilience::RetryScheduled& event) noexcept;
    RetryCause(const RetryCause&) = delete;
    RetryCause& operator=(const RetryCause&) = delete;
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

private:
    std::array<char, 12> digits_{};
    std::string_view text_;
};

struct PolicyLine {
    logging::Level level;
    std::string_view action;     // a stable word
    std::string_view sentence;
    std::string_view upstream;
    std::string_view reason = {};
};

// The events of policies in words: a line each, but for the ends of calls, which have a line of their own elsewhere.
class PolicyLines {
public:
    virtual ~PolicyLines() = default;
    // Throws std::bad_alloc.
    void tell(const resilience::Event& event) const;

private:
    template <class Sentence>
    void write(logging::Level level, std::string_view action, std::string_view upstream, std::string_view reason,
               Sentence&& sentence) const;
    void write_one(const resilience::CircuitOpened& event) const;
    void write_one(const resilience::CircuitHalfOpened& event) const;
    void write_one(const resilience::CircuitClosed& event) const;
    void write_one(const resilience::CircuitForced& event) const;
    void write_one(const resilience::CallRefused& event) const;
    void write_one(const resilience::AttemptEnded& event) const;
    void write_one(const resilience::RetryScheduled& event) const;
    void write_one(const resilience::RetryAbandoned& event) const;
    void write_one(const resilience::FellBack& event) const;
    void write_one(const resilience::CallEnded& event) const;

    [[nodiscard]] virtual bool enabled(logging::Level level) const noexcept = 0;
    virtual void say(const PolicyLine& line) const noexcept = 0;
};

// The log and its clock must outlive it.
[[nodiscard]] std::unique_ptr<PolicyLines> policy_lines(const OperationalLog& log, const Clock& clock);
[[nodiscard]] std::unique_ptr<PolicyLines> policy_lines(const logging::Logger& log);   // copied

}   // namespace outrigger::middleware
