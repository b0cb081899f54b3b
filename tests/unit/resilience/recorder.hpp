// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/resilience/pipeline_events.hpp>

#include <string>
#include <vector>

namespace outrigger::resilience {

// Writes down what a pipeline tells, a few words an event.
class Recorder final : public Observer {
public:
    void on(const Event& event) noexcept override { std::visit(*this, event); }

    void operator()(const CircuitOpened& e) { add("opened " + std::string{to_string(e.by)}); }
    void operator()(const CircuitHalfOpened&) { add("half-opened"); }
    void operator()(const CircuitClosed&) { add("closed"); }
    void operator()(const CircuitForced&) { add("forced"); }
    void operator()(const CallRefused& e) { add("refused " + word(e.fault.reason)); }
    void operator()(const AttemptEnded& e) {
        add("attempt " + std::to_string(e.attempt) + ' ' + std::string{to_string(e.verdict)} +
            (e.reason ? ' ' + word(*e.reason) : ""));
    }
    void operator()(const RetryScheduled& e) {
        add("retry " + std::to_string(e.attempt) + (e.because ? " for " + word(*e.because) : ""));
    }
    void operator()(const RetryAbandoned& e) {
        add("abandoned after " + std::to_string(e.attempts) + ' ' + std::string{to_string(e.why)});
    }
    void operator()(const FellBack& e) { add("fell back from " + word(e.from)); }
    void operator()(const CallEnded& e) {
        add("ended after " + std::to_string(e.attempts) + (e.reason ? ' ' + word(*e.reason) : ""));
    }

    // All since the last call.
    [[nodiscard]] std::string take() { return std::exchange(text_, {}); }

private:
    static std::string word(Reason reason) { return std::string{outrigger::to_string(reason)}; }
    void add(const std::string& words) { text_ += (text_.empty() ? "" : ", ") + words; }
    std::string text_;
};

}  // namespace outrigger::resilience
