// SPDX-License-Identifier: Apache-2.0
#include "policy_lines.hpp"

#include <charconv>
#include <chrono>
#include <source_location>
#include <string>
#include <variant>

#include <outrigger/core/units_text.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/middleware/operational_log.hpp>

namespace outrigger::middleware {
namespace {

using namespace resilience;
using logging::Level;

// Nobody wants to read nanoseconds; below 10 ms microseconds still say something.
std::string rough(Duration length) {
    using namespace std::chrono;
    return to_string(length < 10ms ? Duration{round<microseconds>(length)} : Duration{round<milliseconds>(length)});
}

std::string opened_sentence(const CircuitOpened& event) {
    std::string text = "the circuit of " + std::string{event.policy} + " opened (" + std::string{to_string(event.by)} +
                       "): " + std::to_string(event.window.failures) + " of " + std::to_string(event.window.calls) +
                       " calls failed";
    if (event.window.slow) text += ", " + std::to_string(event.window.slow) + " were slow";
    return text + "; it rests for " + rough(event.rest);
}

std::string_view word(CircuitForced::To to) noexcept {
    switch (to) {
        case CircuitForced::To::open: return "is held open by hand";
        case CircuitForced::To::closed: return "is held closed by hand";
        case CircuitForced::To::released: return "is released";
    }
    return "";
}

class OperationalLines final : public PolicyLines {
public:
    OperationalLines(const OperationalLog& log, const Clock& clock) noexcept : log_{log}, clock_{clock} {}

private:
    bool enabled(Level level) const noexcept override { return log_.enabled(level); }
    void say(const PolicyLine& line) const noexcept override { log_.say(line.level, line.sentence, clock_.wall()); }

    const OperationalLog& log_;
    const Clock& clock_;
};

class LoggerLines final : public PolicyLines {
public:
    explicit LoggerLines(const logging::Logger& log) : log_{log} {}

private:
    bool enabled(Level level) const noexcept override { return log_.enabled(level); }
    void say(const PolicyLine& line) const noexcept override {
        using logging::field;
        const logging::Message message{line.sentence, std::source_location{}};   // our own source would say nothing
        if (line.reason.empty())
            log_.log(line.level, message, field("event.action", line.action),
                     field("outrigger.upstream", line.upstream));
        else
            log_.log(line.level, message, field("event.action", line.action),
                     field("outrigger.upstream", line.upstream), field("outrigger.reason", line.reason));
    }

    const logging::Logger log_;
};

}   // namespace

RetryCause::RetryCause(const RetryScheduled& event) noexcept : text_{"failed"} {
    if (event.because) text_ = to_string(*event.because);
    if (event.because || event.status == 0) return;
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), event.status).ptr;
    text_ = {digits_.data(), static_cast<std::size_t>(end - digits_.data())};
}

template <class Sentence>
void PolicyLines::write(Level level, std::string_view action, std::string_view upstream, std::string_view reason,
                        Sentence&& sentence) const {
    if (!enabled(level)) return;
    const std::string text = sentence();
    say({.level = level, .action = action, .sentence = text, .upstream = upstream, .reason = reason});
}

void PolicyLines::tell(const Event& event) const {
    std::visit([this](const auto& one) { write_one(one); }, event);
}

void PolicyLines::write_one(const CircuitOpened& event) const {
    write(Level::warn, "circuit-opened", event.policy, to_string(event.by), [&] { return opened_sentence(event); });
}
void PolicyLines::write_one(const CircuitHalfOpened& event) const {
    write(Level::info, "circuit-half-opened", event.policy, {},
          [&] { return "the circuit of " + std::string{event.policy} + " is half-open: it lets probes pass"; });
}
void PolicyLines::write_one(const CircuitClosed& event) const {
    write(Level::info, "circuit-closed", event.policy, {}, [&] {
        const std::string ramp = event.ramp > Duration::zero() ? "; traffic returns over " + rough(event.ramp) : "";
        return "the circuit of " + std::string{event.policy} + " closed" + ramp;
    });
}
void PolicyLines::write_one(const CircuitForced& event) const {
    write(Level::warn, "circuit-forced", event.policy, {},
          [&] { return "the circuit of " + std::string{event.policy} + ' ' + std::string{word(event.to)}; });
}
void PolicyLines::write_one(const CallRefused& event) const {
    write(Level::debug, "call-refused", event.policy, to_string(event.fault.reason), [&] {
        return "a call to " + std::string{event.policy} + " was refused: " + std::string{to_string(event.fault.reason)};
    });
}
void PolicyLines::write_one(const AttemptEnded& event) const {
    write(Level::debug, "attempt-ended", event.policy, event.reason ? to_string(*event.reason) : std::string_view{},
          [&] {
              return "attempt " + std::to_string(event.attempt) + " of a call to " + std::string{event.policy} +
                     " ended after " + rough(event.took) + ": " + std::string{to_string(event.verdict)};
          });
}
void PolicyLines::write_one(const RetryScheduled& event) const {
    const RetryCause cause{event};
    write(Level::debug, "retry-scheduled", event.policy, cause.text(), [&] {
        return "attempt " + std::to_string(event.attempt) + " of a call to " + std::string{event.policy} +
               " follows in " + rough(event.pause) + ": the one before ended with " + std::string{cause.text()};
    });
}
void PolicyLines::write_one(const RetryAbandoned& event) const {
    write(Level::debug, "retry-abandoned", event.policy, to_string(event.why), [&] {
        return "no attempt follows number " + std::to_string(event.attempts) + " of a call to " +
               std::string{event.policy} + ": " + std::string{to_string(event.why)};
    });
}
void PolicyLines::write_one(const FellBack& event) const {
    write(Level::debug, "fell-back", event.policy, to_string(event.from), [&] {
        return "a fallback answered a call to " + std::string{event.policy} + " that had ended with " +
               std::string{to_string(event.from)};
    });
}
void PolicyLines::write_one(const CallEnded&) const {}

std::unique_ptr<PolicyLines> policy_lines(const OperationalLog& log, const Clock& clock) {
    return std::make_unique<OperationalLines>(log, clock);
}
std::unique_ptr<PolicyLines> policy_lines(const logging::Logger& log) { return std::make_unique<LoggerLines>(log); }

}   // namespace outrigger::middleware
