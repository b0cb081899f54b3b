// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/result.hpp>
#include <outrigger/resilience/breaker.hpp>

#include "sidecar/config/outbound_settings.hpp"
#include "sidecar/upstream/outlier.hpp"

namespace outrigger::upstream {

// An endpoint gets no calls for a time. (In shadow mode: it would.)
struct EndpointEjected {
    std::string_view upstream;
    std::string_view endpoint;
    std::uint32_t failures;   // in a row
    Duration length;
    bool shadow;
};

// Who is told of it: by the worker that saw the last failure, with no lock held. Thread-safe; must not throw.
class EndpointObserver {
public:
    virtual void on(const EndpointEjected& event) noexcept = 0;

protected:
    ~EndpointObserver() = default;
};

// What there is to know about an endpoint at an instant.
struct EndpointReport {
    std::string name;
    bool ejected = false;
    bool would_be_ejected = false;   // but for the shadow mode
    Duration left{};                 // until it comes back, or would
    std::uint32_t in_flight = 0;
    std::uint32_t failures_in_a_row = 0;
    std::optional<Duration> latency = {};   // peak EWMA, where the balancer goes by it
};

// What all workers share of one upstream: its endpoints, and what is known of them and of it as a whole. It survives
// them. Thread-safe.
class Upstream {
public:
    struct Settings {
        config::BalanceMethod balance = config::BalanceMethod::least_request;
        config::Outlier outlier;
        std::optional<resilience::Breaker> breaker = resilience::Breaker{};   // nothing: none
        Duration connect_timeout = std::chrono::seconds{5};
        Duration slow_start = std::chrono::seconds{10};   // over which an endpoint that is new or comes back gets its share
        std::string setting = "outbound";   // where all of this is written, for faults
    };
    // Throws std::invalid_argument with a sentence if the settings make no sense. The observers, if any, must outlive it.
    Upstream(std::string name, const Settings& settings, resilience::CircuitObserver* circuit = nullptr,
             EndpointObserver* endpoints = nullptr);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
    // Null: there is none.
    [[nodiscard]] resilience::CircuitBreaker* breaker() noexcept { return breaker_ ? &*breaker_ : nullptr; }
    [[nodiscard]] const OutlierDetector& outlier() const noexcept { return outlier_; }

    // Faults that name their setting. Their texts are ours: they live longer than any call.
    [[nodiscard]] Fault slow_connect() const noexcept { return {Reason::connect_failed, slow_connect_}; }
    [[nodiscard]] Fault all_ejected(Duration back_in) const noexcept {
        return {Reason::no_endpoints, all_ejected_, 0, Fault::in(back_in)};
    }

    // From now on these are its endpoints: before any worker is given them.
    void set_endpoints(std::shared_ptr<const EndpointList> endpoints) noexcept { outlier_.set_endpoints(std::move(endpoints)); }

    // How an attempt on the endpoint ended, and how long its reply's head took, where one came. What a success says of the
    // endpoint's standing is told by succeeded(), once nothing of it can fail any more.
    void settle(Endpoint& endpoint, resilience::Verdict verdict, Duration took, Instant now) noexcept;
    void succeeded(Endpoint& endpoint) noexcept { OutlierDetector::succeeded(endpoint); }

    // A call that was given any endpoint because too many are ejected.
    void count_panic() noexcept { panics_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t panics() const noexcept { return panics_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::vector<EndpointReport> report(Instant now) const;

private:
    const std::string name_;
    const Settings settings_;
    const std::string slow_connect_;
    const std::string all_ejected_;
    EndpointObserver* const observer_;
    OutlierDetector outlier_;
    std::optional<resilience::CircuitBreaker> breaker_;
    std::atomic<std::uint64_t> panics_{0};
};

}   // namespace outrigger::upstream
