// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/health/registry.hpp>
#include <outrigger/middleware/circuit_health.hpp>

#include "sidecar/upstream/upstream.hpp"

namespace outrigger::admin {

// A passive check: tells the health registry how an upstream stands, by middleware::circuit_health, whenever that has
// changed. It calls nobody. On one loop's thread; what it is made with must outlive it.
class UpstreamCheck {
public:
    UpstreamCheck(Scheduler& scheduler, health::Registry& registry, health::CheckHandle handle,
                  upstream::Upstream& upstream) noexcept
        : scheduler_{scheduler}, registry_{registry}, handle_{handle}, upstream_{upstream} {}

    // Its circuit, or who its endpoints are, or one's ejection. What time alone changes needs no telling.
    void changed() noexcept { changed_.open(); }
    // Until it is cancelled. Before the first change nothing is known, and the check is "not checked yet".
    [[nodiscard]] Task<void> run(Cancel& stop);

private:
    // Reports what is new; when time alone will have changed it again.
    [[nodiscard]] Instant look(Instant now);

    Scheduler& scheduler_;
    health::Registry& registry_;
    const health::CheckHandle handle_;
    upstream::Upstream& upstream_;
    Gate changed_{scheduler_};
    std::optional<health::Outcome> reported_;
};

}  // namespace outrigger::admin
