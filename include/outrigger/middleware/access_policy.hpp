// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace outrigger::middleware {

// Which exchanges get an access-log line. A value.
class AccessPolicy {
public:
    [[nodiscard]] static AccessPolicy all() noexcept { return AccessPolicy{Keep::all}; }
    [[nodiscard]] static AccessPolicy none() noexcept { return AccessPolicy{Keep::none}; }
    // Only failures: a reason, or a 5xx status.
    [[nodiscard]] static AccessPolicy errors() noexcept { return AccessPolicy{Keep::errors}; }
    // All failures, all that took `slow` or longer, and this share of the rest.
    [[nodiscard]] static AccessPolicy sampled(Ratio share, Duration slow = std::chrono::seconds{1}) noexcept {
        AccessPolicy policy{Keep::sampled};
        policy.share_ = share;
        policy.slow_ = slow;
        return policy;
    }

    // Whether this exchange is kept. The share is decided by the trace id alone, so that all hops of a
    // request that sample the same share keep the same requests, and one that samples more keeps those and
    // others. Without a trace id it is kept.
    [[nodiscard]] bool keeps(bool failed, Duration took, std::string_view trace_id) const noexcept {
        return keep_ == Keep::all || picks(failed, took, trace_id);
    }

private:
    enum class Keep : std::uint8_t { all, errors, none, sampled };
    explicit AccessPolicy(Keep keep) noexcept : keep_{keep} {}
    [[nodiscard]] bool picks(bool failed, Duration took, std::string_view trace_id) const noexcept;

    Keep keep_;
    Ratio share_;
    Duration slow_{};
};

}  // namespace outrigger::middleware
