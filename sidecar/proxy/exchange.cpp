// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/exchange.hpp"

#include <utility>

#include "sidecar/proxy/relay.hpp"

namespace outrigger::proxy {
namespace {

// A request that begins a trace has one id for both.
std::string_view request_id_of(const http1::RequestHead& head, const middleware::TraceParent& trace, net::Arena& arena,
                               Rng& rng) {
    if (middleware::acceptable_request_id(head.request_id)) return head.request_id;
    if (trace.parent_span_id().empty()) return trace.trace_id();
    const auto made = middleware::random_id(rng);
    return arena.copy({made.data(), made.size()});
}

// Only the caller's silence ends reading with a timeout: that is not the call's own.
Fault broken_upload(const Fault& fault) noexcept {
    if (fault.reason != Reason::timeout) return fault;
    return Fault{Reason::request_timeout, "no further byte of its body within limits.idle"};
}

}  // namespace

Exchange::Exchange(net::Worker& worker, http1::HttpServerStream& downstream, http1::RequestHead& head,
                   net::Arena& arena, const Limits& limits, ReplayBudget& replay_budget, const route::Route& route,
                   const Caller& caller, Cancel& connection_cancel)
    : worker_{worker},
      downstream_{downstream},
      request_{head},
      arena_{arena},
      limits_{limits},
      route_{route},
      caller_{caller},
      connection_cancel_{connection_cancel},
      cancel_{&connection_cancel},
      replay_{arena, replay_budget},
      trace_{head.traceparent, worker.rng},
      request_id_{request_id_of(head, trace_, arena, worker.rng)},
      arrived_{worker.scheduler.now()} {
    if (head.body.framing == http1::Framing::none) request_is_whole();
}

Exchange::~Exchange() { downstream_.watch_caller(nullptr); }

void Exchange::request_is_whole() {
    if (std::exchange(request_whole_, true)) return;   // a replay of it has ended too: the call's deadline stands
    expect_reply();
}

// Nothing more goes to the endpoint: it is its turn.
void Exchange::expect_reply() {
    const Instant now = worker_.scheduler.now();
    call_deadline_ = after(now, limits_.timeout);
    attempt_began_ = now;
    set_deadline();
    if (head_gate_) head_gate_->set_deadline(wait_.deadline, wait_.expiry);
    downstream_.watch_caller(this);
}

void Exchange::begin_attempt() noexcept {
    attempt_began_ = worker_.scheduler.now();
    if (call_deadline_ != never) set_deadline();
}

Wait Exchange::until_attempt_s_end(const Wait& wait) const noexcept {
    const std::optional<Duration>& per_try = limits_.policies.retrying->settings().per_try_timeout;
    if (!per_try) return wait;
    return wait.until(after(attempt_began_, *per_try), Reason::attempt_timeout);
}

void Exchange::peer_closed() noexcept { cancel_.cancel(Fault{Reason::caller_left, "the caller closed its connection"}); }

void Exchange::start_upload(http1::HttpClientStream& upstream, Keep keep) {
    if (!request_whole_) {   // a replay: the first try may have ended at an endpoint that took no more
        call_deadline_ = never;
        wait_.deadline = never;
        downstream_.watch_caller(nullptr);
    }
    upload_cancel_.emplace(&cancel_);
    upload_.start(upload_body(*this, upstream, keep));
}

void Exchange::stop_upload() noexcept {
    if (upload_cancel_) upload_cancel_->cancel(Fault{Reason::upstream_reset, "the upload was given up"});
}

Task<RelayEnd> Exchange::send_body(Exchange& exchange, http1::HttpClientStream& upstream, Keep keep) {
    exchange.replay_.write_to(upstream);   // nothing, unless this is a replay
    if (keep == Keep::nothing) exchange.replay_.give_up();
    KeepingSink sink{upstream, exchange.replay_};
    const RelayEnd end = co_await relay_body(exchange.downstream_, sink, exchange.worker_,
                                             {exchange.limits_.idle, exchange.limits_.body_bytes},
                                             *exchange.upload_cancel_, exchange.request_body);
    co_return end;
}

Task<void> Exchange::upload_body(Exchange& exchange, http1::HttpClientStream& upstream, Keep keep) {
    const RelayEnd end = co_await send_body(exchange, upstream, keep);
    switch (end.side) {
        case RelayEnd::Side::complete: exchange.request_is_whole(); break;
        // Broken or abandoned by its sender: nobody waits for an answer, or it can only be a refusal. Unless it was we
        // who gave it up.
        case RelayEnd::Side::source:
            if (!exchange.upload_cancel_->requested()) exchange.cancel_.cancel(broken_upload(end.fault));
            break;
        // The endpoint takes no more. Its reply, or its closing, is what the exchange waits for already, but not for ever.
        // Unless we gave it up ourselves, or had begun to wait already: a replay changes no deadline.
        case RelayEnd::Side::sink:
            if (!exchange.request_whole_ && !exchange.upload_cancel_->requested()) exchange.expect_reply();
            break;
    }
}

}  // namespace outrigger::proxy
