// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <outrigger/core/scheduler.hpp>

namespace outrigger::proxy {

// Adds the time from its beginning to its end to a sum: what an exchange spends waiting for others, and so does not cost
// itself. It begins when the clock says so and ends with the turn that brought the event: what a loop needs to come to
// it is the proxy's own time.
class Waited {
public:
    Waited(const Scheduler& scheduler, Duration& sum) noexcept
        : scheduler_{scheduler}, sum_{sum}, began_{scheduler.clock().now()} {}
    Waited(const Waited&) = delete;
    Waited& operator=(const Waited&) = delete;
    ~Waited() { sum_ += std::max(scheduler_.now() - began_, Duration::zero()); }

private:
    const Scheduler& scheduler_;
    Duration& sum_;
    Instant began_;
};

}   // namespace outrigger::proxy
