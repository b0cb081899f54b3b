// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/describe.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/units_text.hpp>

namespace outrigger::resilience {

// How long a call may take.
struct Timeout {
    Duration limit = std::chrono::seconds{15};

    friend bool operator==(const Timeout&, const Timeout&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("limit", self.limit, "How long a call may take, all that is inside included.",
              between(1ms, 1h));
    }
};

// Until when a call may go on, and whose limit that is. A value; decisions only: whoever waits is told `at`, nothing is
// cut here.
struct Deadline {
    Instant at = never;
    // What a call is told that it cuts: deadline_expired (the caller's own deadline), timeout (of the call), or
    // attempt_timeout (of one try).
    Reason expiry = Reason::deadline_expired;

    // The one in force within a further limit that begins `now`: that limit's if it ends first. `mine` is its reason.
    [[nodiscard]] constexpr Deadline within(const Timeout& timeout, Instant now, Reason mine) const noexcept {
        const Instant own = after(now, timeout.limit);
        return own < at ? Deadline{own, mine} : *this;
    }
    [[nodiscard]] constexpr bool passed(Instant now) const noexcept { return at <= now; }
    [[nodiscard]] constexpr Duration left(Instant now) const noexcept {
        return passed(now) ? Duration::zero() : at == never ? Duration::max() : at - now;
    }
    [[nodiscard]] constexpr Fault fault() const noexcept {
        if (expiry == Reason::deadline_expired) return {expiry, "the caller's deadline passed"};
        if (expiry == Reason::attempt_timeout) return {expiry, "the attempt took longer than its timeout"};
        if (expiry == Reason::timeout) return {expiry, "the call took longer than its timeout"};
        return {expiry, "the deadline passed"};
    }

    friend constexpr bool operator==(const Deadline&, const Deadline&) = default;
};

// Why a call really ended that failed with `fault`. Who looks at a deadline or a stop token sees that it must end, but not
// whose limit that is: so a fault that says no more than "cut" or "failed" is told apart. The caller's leaving comes
// first, then the deadline that was in force; a fault that says more, and one from before the deadline, stay as they are.
// What succeeded is a success, however late: it is for those who decide to ask only about failures.
[[nodiscard]] constexpr Fault attributed(const Fault& fault, const Deadline& in_force, Instant now,
                                         bool caller_has_left) noexcept {
    const bool says_no_more = fault.reason == Reason::call_failed || fault.reason == Reason::caller_left ||
                              fault.reason == Reason::timeout || fault.reason == Reason::attempt_timeout ||
                              fault.reason == Reason::deadline_expired;
    if (!says_no_more) return fault;
    if (caller_has_left) return {Reason::caller_left, "the caller gave up"};
    return in_force.passed(now) ? in_force.fault() : fault;
}

}   // namespace outrigger::resilience
