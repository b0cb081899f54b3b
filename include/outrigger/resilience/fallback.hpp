// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include <outrigger/core/reason.hpp>
#include <outrigger/core/result.hpp>

namespace outrigger::resilience {

// Every failure and refusal, but no answer is made up for a caller who has left.
struct AnyFault {
    [[nodiscard]] constexpr bool operator()(const Fault& fault) const noexcept {
        return fault.reason != Reason::caller_left;
    }
};

// What to answer instead of a failure:
//     Fallback{.instead = cached_user}
//     Fallback{.instead = [&](const Fault& why) { return cache.user(id); }, .when = [](const Fault& why) { ... }}
// `instead` is a value of the call's type, or a function of the fault that returns one, or a Result of one: it may fail
// itself. As often as it is called from several threads at once, so must `instead` and `when` be callable. Any
// exception of theirs passes through.
template <class Instead, class When = AnyFault>
struct Fallback {
    Instead instead;
    When when = {};

    [[nodiscard]] constexpr bool takes(const Fault& fault) const { return when(fault); }

    // What the caller gets of a call that ended so: its own outcome, or what stands in for it.
    template <class T>
    [[nodiscard]] Result<T> decide(Result<T> outcome) const {
        if (outcome || !takes(outcome.error())) return outcome;
        return stand_in<T>(outcome.error());
    }
    // For a fault that it takes.
    template <class T>
    [[nodiscard]] Result<T> stand_in(const Fault& fault) const {
        if constexpr (!std::invocable<const Instead&, const Fault&>) {
            return static_cast<T>(instead);
        } else if constexpr (std::is_void_v<std::invoke_result_t<const Instead&, const Fault&>>) {
            instead(fault);
            return {};
        } else if constexpr (std::same_as<std::invoke_result_t<const Instead&, const Fault&>, Result<T>>) {
            return instead(fault);
        } else {
            return static_cast<T>(instead(fault));
        }
    }
};
template <class Instead>
Fallback(Instead) -> Fallback<Instead>;
template <class Instead, class When>
Fallback(Instead, When) -> Fallback<Instead, When>;

}   // namespace outrigger::resilience
