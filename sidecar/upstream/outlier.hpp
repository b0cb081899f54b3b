// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "sidecar/config/outbound_settings.hpp"
#include "sidecar/upstream/endpoint.hpp"

namespace outrigger::upstream {

// Ejects endpoints that fail again and again, so that they get no calls for a time (outlier detection).
//
// `consecutive` failures in a row, whichever workers saw them, eject an endpoint for `eject_for`; one that is ejected
// again soon after its return stays away for twice, three times as long, up to ten times. For every `eject_for` that
// it then goes without, one is forgotten. At most `max_ejected` of the endpoints, rounded down, are away at once: a
// single one never is. Whoever would be one too many goes on being called, and is looked at again with its next failure.
//
// Thread-safe. A success costs one read, of a line that only failures write; an ejection takes a lock. In shadow mode
// the books are kept, and nobody heeds them: see heeded().
class OutlierDetector {
public:
    static constexpr std::uint32_t longest = 10;   // times eject_for: 5 minutes by default, as Envoy has it

    // Throws std::invalid_argument with a sentence if the settings make no sense.
    explicit OutlierDetector(const config::Outlier& settings);

    struct Ejected {
        std::uint32_t failures = 0;   // in a row
        Duration length{};
        bool shadow = false;
    };
    // An attempt on the endpoint failed. Nothing: it is not ejected because of that.
    [[nodiscard]] std::optional<Ejected> failed(Endpoint& endpoint, Instant now) noexcept;
    // One succeeded, to its very end.
    static void succeeded(Endpoint& endpoint) noexcept {
        if (auto& failures = endpoint.standing().failures_in_a_row; failures.load(std::memory_order_relaxed) != 0)
            failures.store(0, std::memory_order_relaxed);
    }

    // Those of whom a share may be ejected. An endpoint that is not among them is not ejected any more.
    void set_endpoints(std::shared_ptr<const EndpointList> endpoints) noexcept;
    [[nodiscard]] std::shared_ptr<const EndpointList> endpoints() const noexcept;

    // Changes with every ejection, after it can be seen. (A return needs no telling: its instant is known.)
    [[nodiscard]] std::uint32_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }
    // Whether balancers leave ejected endpoints out.
    [[nodiscard]] bool heeded() const noexcept { return !settings_.shadow; }
    // Ejections since the beginning; failures that would have ejected but for max_ejected.
    [[nodiscard]] std::uint64_t ejections() const noexcept { return ejections_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t spared() const noexcept { return spared_.load(std::memory_order_relaxed); }

private:
    // Under the mutex.
    [[nodiscard]] bool may_eject(const Endpoint& endpoint, Instant now) noexcept;
    [[nodiscard]] Duration eject(Endpoint& endpoint, Instant now) noexcept;

    const config::Outlier settings_;
    std::atomic<std::uint32_t> generation_{0};
    std::atomic<std::uint64_t> ejections_{0};
    std::atomic<std::uint64_t> spared_{0};
    // Until then nobody more may be ejected, so that failures in an outage need neither the lock nor a look at everybody.
    // Written under the mutex; a stale value costs a look, or spares one endpoint one failure longer.
    std::atomic<Instant> full_until_{Instant::min()};
    mutable std::mutex mutex_;   // guards what follows, and changes of who is ejected
    std::shared_ptr<const EndpointList> endpoints_ = std::make_shared<EndpointList>();
};

}   // namespace outrigger::upstream
