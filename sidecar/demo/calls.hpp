// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

#include <outrigger/core/clock.hpp>

#include "sidecar/demo/tally.hpp"

// The gateway's calls to the services behind it, as the gateway sees them.
namespace outrigger::demo {

// Whom it calls. Each is an upstream of the sidecar twice: with policies, and without.
inline constexpr std::array<std::string_view, 3> callees{"users", "orders", "search"};
enum class Callee : std::uint8_t { users, orders, search };
inline constexpr std::string_view bare_suffix = "-bare";   // of the upstream without

struct CallResults {
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;   // answered 500 or above, or not at all
    Duration p50 = {};
    Duration p99 = {};
    Duration waited = {};   // by all of them together
};

// The same calls, with policies and without.
struct Compared {
    CallResults with;
    CallResults without;
};
using Comparison = std::array<Compared, callees.size()>;   // by Callee

// Of all callees together, without the percentiles.
[[nodiscard]] inline Compared all_of(const Comparison& calls) noexcept {
    const auto add = [](CallResults& to, const CallResults& results) {
        to.calls += results.calls;
        to.errors += results.errors;
        to.waited += results.waited;
    };
    Compared all;
    for (const Compared& compared : calls) {
        add(all.with, compared.with);
        add(all.without, compared.without);
    }
    return all;
}

// Thread-safe.
class CallTally {
public:
    void count(Duration took, bool failed) {
        const std::lock_guard lock{mutex_};
        latencies_.add(took);
        ++results_.calls;
        results_.errors += failed ? 1 : 0;
        results_.waited += took;
    }
    [[nodiscard]] CallResults results() const {
        const std::lock_guard lock{mutex_};
        CallResults results = results_;
        results.p50 = latencies_.percentile(0.50);
        results.p99 = latencies_.percentile(0.99);
        return results;
    }

private:
    mutable std::mutex mutex_;
    Latencies latencies_;
    CallResults results_;   // but for the percentiles
};

}  // namespace outrigger::demo
