// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/tunnel.hpp"

#include <utility>

namespace outrigger::proxy {
namespace {

using http1::BodyProgress;

// What both directions know of each other.
struct Shared {
    net::Worker& worker;
    TunnelLimits limits;
    Cancel cancel;         // ends both directions
    Instant moved_at;      // when a byte last moved, in either of them
    bool half_closed = false;
    std::optional<Fault> fault;

    [[nodiscard]] Wait wait() noexcept {
        return Wait{after(moved_at, half_closed ? limits.half_closed : limits.idle), &cancel, Reason::timeout};
    }
    void break_off(const Fault& why) noexcept {
        if (!fault) fault = why;
        cancel.cancel(why);
    }
};

struct Direction {
    http1::HttpStream& from;
    http1::HttpStream& to;
    std::uint64_t& moved;
    Reason sink_gone;   // whose fault it is when `to` takes no more
};

// Waits until something can move. A deadline that the other direction has moved on meanwhile is waited for anew.
Task<Result<void>> until_ready(Direction& direction, Shared& shared) {
    for (;;) {
        const Wait wait = shared.wait();
        Result<void> ready;
        if (direction.to.congested()) {
            // Only the readable side hears of the other's end while it waits: look again after so long at the most.
            const Instant look = after(shared.worker.scheduler.now(), shared.limits.half_closed);
            ready = co_await direction.to.drained(wait.until(look, Reason::timeout));
            if (!ready && ready.error().reason == Reason::upstream_reset)
                co_return Fault{direction.sink_gone, "reset", ready.error().os_error};
        } else if (!direction.from.readable().is_open()) {
            ready = co_await direction.from.readable().wait(wait);
        } else {
            co_await Yield{shared.worker.scheduler};   // a fast tunnel must not starve the other connections
        }
        const bool expired = !ready && ready.error().reason == Reason::timeout;
        if (!expired) co_return ready;
        if (shared.wait().deadline <= shared.worker.scheduler.now())
            co_return Fault{Reason::timeout, "no byte moved in either direction for too long"};
    }
}

// The end has been passed on; what the other direction waits for now comes sooner or is not worth waiting for.
void close_half(Direction& direction, Shared& shared) {
    shared.half_closed = true;
    shared.moved_at = shared.worker.scheduler.now();
    direction.to.readable().set_deadline(shared.wait().deadline, Reason::timeout);
}

Task<void> carry(Direction direction, Shared& shared) {
    for (bool ended = false;;) {
        if (const Fault* why = shared.cancel.requested()) co_return shared.break_off(*why);   // the first reason stays
        const BodyProgress progress = direction.from.pump_body(shared.worker.scratch, direction.to);
        direction.moved += progress.payload;
        if (progress.payload > 0) shared.moved_at = shared.worker.scheduler.now();
        ended = progress.kind == BodyProgress::Kind::end;
        if (ended) direction.to.end_body({});
        Result<void> pushed = direction.to.push();
        if (progress.kind == BodyProgress::Kind::fault) co_return shared.break_off(progress.fault);
        if (!pushed) co_return shared.break_off({direction.sink_gone, "reset", pushed.error().os_error});
        if (ended && !direction.to.congested()) co_return close_half(direction, shared);

        Result<void> ready = co_await until_ready(direction, shared);
        if (!ready) co_return shared.break_off(ready.error());
        if (ended) co_return close_half(direction, shared);
    }
}

}   // namespace

Task<void> tunnel(http1::HttpStream& caller, http1::HttpStream& endpoint, net::Worker& worker, TunnelLimits limits,
                  Cancel& cancel, Tunnelled& result) {
    Shared shared{worker, limits, Cancel{&cancel}, worker.scheduler.now()};
    Direction inwards{caller, endpoint, result.from_caller, Reason::upstream_reset};
    Direction outwards{endpoint, caller, result.to_caller, Reason::caller_left};
    Child<void> up;
    up.start(carry(inwards, shared));
    co_await carry(outwards, shared);
    co_await up.join();
    if (!shared.fault) co_return;
    result.fault = shared.fault;
    caller.reset();
    endpoint.reset();
}

}   // namespace outrigger::proxy
