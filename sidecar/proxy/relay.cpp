// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/relay.hpp"

#include "sidecar/proxy/waited.hpp"

namespace outrigger::proxy {

using http1::BodyProgress;
using Side = RelayEnd::Side;

std::optional<RelayEnd> BodyRelay::at_once() noexcept {
    // As long as both sides keep pace there is no wait that would notice it.
    if (const Fault* why = cancel_.requested()) return RelayEnd{Side::source, *why};
    const BodyProgress progress = from_.pump_body(worker_.scratch, to_);
    relayed_.bytes += progress.payload;
    const bool too_large = limits_.bytes_max.count() && relayed_.bytes > limits_.bytes_max.count();
    ended_ = progress.kind == BodyProgress::Kind::end;
    if (ended_ && !too_large) to_.end_body(from_.trailers());   // what is refused must not look whole
    // What has come is passed on even if what follows is broken.
    Result<void> pushed = to_.push();
    if (progress.kind == BodyProgress::Kind::fault) return RelayEnd{Side::source, progress.fault};
    if (too_large) return RelayEnd{Side::source, {Reason::body_too_large, "the body exceeds limits.body_bytes"}};
    if (!pushed) return RelayEnd{Side::sink, pushed.error()};
    if (ended_ && !to_.congested()) return RelayEnd{};
    return std::nullopt;
}

Task<RelayEnd> BodyRelay::rest() {
    for (;;) {
        const Wait wait{after(worker_.scheduler.now(), limits_.idle), &cancel_, Reason::timeout};
        const Waited waited{worker_.scheduler, relayed_.waited};
        if (to_.congested()) {
            Result<void> drained = co_await to_.drained(wait);
            if (!drained) co_return RelayEnd{Side::sink, drained.error()};
        }
        if (ended_) co_return RelayEnd{};
        if (!from_.readable().is_open()) {
            Result<void> ready = co_await from_.readable().wait(wait);
            if (!ready) co_return RelayEnd{Side::source, ready.error()};
        } else {
            co_await Yield{worker_.scheduler};   // a fast body must not starve the other connections
        }
        if (const std::optional<RelayEnd> end = at_once()) co_return *end;
    }
}

Task<RelayEnd> relay_body(http1::HttpStream& from, http1::BodySink& to, net::Worker& worker, RelayLimits limits,
                          Cancel& cancel, Relayed& relayed) {
    BodyRelay relay{from, to, worker, limits, cancel, relayed};
    if (const std::optional<RelayEnd> end = relay.at_once()) co_return *end;
    const RelayEnd end = co_await relay.rest();
    co_return end;
}

}  // namespace outrigger::proxy
