// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/resilience/events.hpp>
#include <outrigger/resilience/retry.hpp>
#include <outrigger/resilience/verdict.hpp>

// What a pipeline tells of the calls that go through it, besides its circuits' changes (events.hpp). `policy` is the
// pipeline's name.
namespace outrigger::resilience {

// A policy let a call, or an attempt of it, not pass.
struct CallRefused {
    std::string_view policy;
    Fault fault;
};
// The callee was called, and it ended.
struct AttemptEnded {
    std::string_view policy;
    std::uint32_t attempt;   // from 1
    Verdict verdict;
    std::optional<Reason> reason;   // nothing: it gave a value
    Duration took;
};
// Another attempt follows after this pause, unless the caller gives up.
struct RetryScheduled {
    std::string_view policy;
    std::uint32_t attempt;   // its number
    Duration pause;
    std::optional<Reason> because = {};   // what ended the attempt before it; nothing: what it gave was not good enough
    int status = 0;                       // an HTTP reply's; 0: it was none
};
// An attempt failed that might have been repeated, but was not.
struct RetryAbandoned {
    std::string_view policy;
    std::uint32_t attempts;   // that were made
    Stop why;
};
struct FellBack {
    std::string_view policy;
    Reason from;   // what the call had failed with
};
struct CallEnded {
    std::string_view policy;
    std::uint32_t attempts;         // zero: the callee was never called
    std::optional<Reason> reason;   // nothing: it gave a value
    Duration took;
};

using Event = std::variant<CircuitOpened, CircuitHalfOpened, CircuitClosed, CircuitForced, CallRefused, AttemptEnded,
                           RetryScheduled, RetryAbandoned, FellBack, CallEnded>;

// Who is told of what happens in a pipeline: by the thread on which it happens, with no lock held. It must outlive the
// pipeline's calls, be thread-safe and not throw.
class Observer {
public:
    virtual void on(const Event& event) noexcept = 0;

protected:
    ~Observer() = default;
};

}  // namespace outrigger::resilience
