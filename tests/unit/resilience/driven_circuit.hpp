// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <outrigger/resilience/breaker.hpp>

namespace outrigger::resilience {

// A breaker in manual time with one caller, and what it told: "1 opened (failure_rate)".
class DrivenCircuit final : public CircuitObserver {
public:
    explicit DrivenCircuit(const Breaker& settings) : breaker{settings, "orders", this} {}

    [[nodiscard]] Result<Permit> ask() { return breaker.try_acquire(now, rng); }
    [[nodiscard]] bool passes() { return ask().has_value(); }
    [[nodiscard]] CircuitReport report() { return breaker.report(now); }
    void settle(Result<Permit>& call, Verdict verdict) { call->settle(verdict, now, rng); }
    void pass(Duration length) { now += length; }

    // Calls one after the other that take no time; how many of them passed.
    int call(Verdict verdict, int times = 1) {
        int passed = 0;
        for (int i = 0; i < times; ++i) {
            Result<Permit> permit = ask();
            if (!permit) continue;
            ++passed;
            settle(permit, verdict);
        }
        return passed;
    }
    // One call that ends as a success after `length`.
    void call_for(Duration length) {
        Result<Permit> permit = ask();
        pass(length);
        if (permit) settle(permit, Verdict::success);
    }

    void on(const CircuitEvent& event) noexcept override { std::visit(*this, event); }
    void operator()(const CircuitOpened& event) {
        note(event, "opened (" + std::string{to_string(event.by)} + ')');
        rests.push_back(event.rest);
    }
    void operator()(const CircuitHalfOpened& event) { note(event, "half-opened"); }
    void operator()(const CircuitClosed& event) { note(event, "closed"); }
    void operator()(const CircuitForced& event) {
        switch (event.to) {
            case CircuitForced::To::open: return note(event, "forced open");
            case CircuitForced::To::closed: return note(event, "forced closed");
            case CircuitForced::To::released: return note(event, "released");
        }
    }

    Instant now{std::chrono::hours{1}};
    Rng rng{1};
    CircuitBreaker breaker;
    std::vector<std::string> told;
    std::vector<Duration> rests;   // of each opening

private:
    void note(const auto& event, const std::string& what) {
        told.push_back(std::to_string(event.sequence) + ' ' + what + (event.policy == "orders" ? "" : " of another"));
    }
};

}  // namespace outrigger::resilience
