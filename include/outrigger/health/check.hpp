// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/health/outcome.hpp>

#include <cstdint>
#include <optional>

namespace outrigger::health {

struct DampingSettings {
    std::uint32_t fail_after = 2;  // so many results in a row that are down make the check down; at least 1
    std::uint32_t recover_after = 1;  // so many that are not make it well again; at least 1
};

// Turns results into a standing that does not flap. The first result counts at once. `degraded` counts as
// well: only the way to and from `down` is damped. A value; not thread-safe.
class Check {
public:
    explicit Check(DampingSettings settings = {}) noexcept : settings_{settings} {}

    struct Change {
        Status from = Status::unchecked;
        Status to = Status::unchecked;
    };
    // Takes a result. Returns the change of standing, if it made one. `at_once`: without damping.
    std::optional<Change> report(Outcome outcome, bool at_once = false);

    // The standing, and the newest outcome that agrees with it: a single failure that is still being damped
    // shows neither in the status nor in the message.
    [[nodiscard]] Status status() const noexcept { return status_; }
    [[nodiscard]] const Outcome& shown() const noexcept { return shown_; }

    // Whether it was up or degraded at any time.
    [[nodiscard]] bool was_up() const noexcept { return was_up_; }

private:
    DampingSettings settings_;
    Status status_ = Status::unchecked;
    Outcome shown_{Status::down, "not checked yet", {}};
    std::uint32_t against_ = 0;  // results in a row that contradict the standing
    bool was_up_ = false;
};

}  // namespace outrigger::health
