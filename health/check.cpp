// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/check.hpp>

#include <utility>

namespace outrigger::health {

std::optional<Check::Change> Check::report(Outcome outcome, bool at_once) {
    if (outcome.status == Status::unchecked) outcome.status = Status::down;
    const bool down = outcome.status == Status::down;
    const bool contradicts = status_ != Status::unchecked && down != (status_ == Status::down);
    against_ = contradicts ? against_ + 1 : 0;
    if (contradicts && !at_once && against_ < (down ? settings_.fail_after : settings_.recover_after))
        return std::nullopt;

    against_ = 0;
    if (!down) was_up_ = true;
    const Change change{status_, outcome.status};
    status_ = outcome.status;
    shown_ = std::move(outcome);
    if (change.from == change.to) return std::nullopt;
    return change;
}

}  // namespace outrigger::health
