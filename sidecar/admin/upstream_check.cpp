// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/upstream_check.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "sidecar/upstream/balancer.hpp"

namespace outrigger::admin {

Task<void> UpstreamCheck::run(Cancel& stop) {
    for (Instant next = never;;) {
        (void)co_await changed_.wait(Wait{next, &stop});
        if (stop.requested()) co_return;
        changed_.close();   // before looking: what changes from now on is looked at again
        next = look(scheduler_.now());
    }
}

Instant UpstreamCheck::look(Instant now) {
    Instant next = never;
    middleware::EndpointCounts endpoints;
    for (const upstream::EndpointReport& endpoint : upstream_.report(now)) {
        ++(endpoint.ejected ? endpoints.ejected : endpoints.healthy);
        if (endpoint.ejected) next = std::min(next, after(now, endpoint.left));
    }
    endpoints.panic = upstream::panics(endpoints.ejected, endpoints.ejected + endpoints.healthy,
                                       upstream_.settings().outlier.panic);
    const std::shared_ptr<const upstream::EndpointList> list = upstream_.outlier().endpoints();
    if (list->all.empty()) endpoints.why_none = list->why_none.detail;

    resilience::CircuitReport circuit;   // without a breaker: closed
    if (resilience::CircuitBreaker* const breaker = upstream_.breaker()) circuit = breaker->report(now);
    if (const auto length = middleware::circuit_health_changes_in(circuit)) next = std::min(next, after(now, *length));

    health::Outcome outcome = middleware::circuit_health(circuit, endpoints);
    if (reported_ == outcome) return next;
    reported_ = outcome;
    registry_.report(handle_, std::move(outcome));
    return next;
}

}  // namespace outrigger::admin
