// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/relay.hpp"

#include "sidecar/proxy/waited.hpp"

namespace outrigger::proxy {

using http1::BodyProgress;
using Side = RelayEnd::Side;

Task<RelayEnd> relay_body(http1::HttpStream& from, http1::BodySink& to, net::Worker& worker, RelayLimits limits,
                          Cancel& cancel, Relayed& relayed) {
    for (;;) {
        // As long as both sides keep pace there is no wait that would notice it.
        if (const Fault* why = cancel.requested()) co_return RelayEnd{Side::source, *why};
        const BodyProgress progress = from.pump_body(worker.scratch, to);
        relayed.bytes += progress.payload;
        const bool too_large = limits.bytes_max.count() && relayed.bytes > limits.bytes_max.count();
        const bool ended = progress.kind == BodyProgress::Kind::end;
        if (ended && !too_large) to.end_body(from.trailers());   // what is refused must not look whole
        // What has come is passed on even if what follows is broken.
        Result<void> pushed = to.push();
        if (progress.kind == BodyProgress::Kind::fault) co_return RelayEnd{Side::source, progress.fault};
        if (too_large)
            co_return RelayEnd{Side::source, {Reason::body_too_large, "the body exceeds limits.body_bytes"}};
        if (!pushed) co_return RelayEnd{Side::sink, pushed.error()};
        if (ended && !to.congested()) co_return RelayEnd{};

        const Wait wait{after(worker.scheduler.now(), limits.idle), &cancel, Reason::timeout};
        const Waited waited{worker.scheduler, relayed.waited};
        if (to.congested()) {
            Result<void> drained = co_await to.drained(wait);
            if (!drained) co_return RelayEnd{Side::sink, drained.error()};
        }
        if (ended) co_return RelayEnd{};
        if (!from.readable().is_open()) {
            Result<void> ready = co_await from.readable().wait(wait);
            if (!ready) co_return RelayEnd{Side::source, ready.error()};
        } else {
            co_await Yield{worker.scheduler};   // a fast body must not starve the other connections
        }
    }
}

}  // namespace outrigger::proxy
