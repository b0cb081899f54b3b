// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/middleware/trace_parent.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/net/worker.hpp"
#include "sidecar/proxy/policies.hpp"
#include "sidecar/proxy/relay.hpp"
#include "sidecar/proxy/replay.hpp"
#include "sidecar/proxy/story.hpp"
#include "sidecar/route/table.hpp"

namespace outrigger::proxy {

// Where calls to an upstream go.
struct Target {
    std::string_view authority;   // Host: "users:8080"
    std::string_view prefix;      // before every path; empty: none
};

// How long an exchange's parts may take, how large they may be, and who else decides about it.
struct Limits {
    Duration timeout{};            // from the request's last byte to the reply's head: connecting, retries, pauses
    Duration idle{};               // no byte of a body moved for so long
    Bytes body_bytes{};            // a request's body; 0: unlimited
    CallPolicies policies = {};
    const Target* target = nullptr;   // null: the caller's own Host, as for calls to the app
};

// Who called.
struct Caller {
    std::string_view ip;
    std::uint16_t port = 0;
};

// One request and what becomes of it, from its arrival until the last byte of the answer. Lives on its connection's
// worker. Everything it points to is in its arena or outlives it.
class Exchange final : private net::PeerWatch {
public:
    Exchange(net::Worker& worker, http1::HttpServerStream& downstream, http1::RequestHead& head, net::Arena& arena,
             const Limits& limits, ReplayBudget& replay_budget, const route::Route& route, const Caller& caller,
             Cancel& connection_cancel);
    ~Exchange() override;

    [[nodiscard]] net::Worker& worker() const noexcept { return worker_; }
    [[nodiscard]] http1::HttpServerStream& downstream() const noexcept { return downstream_; }
    [[nodiscard]] http1::RequestHead& request() const noexcept { return request_; }
    [[nodiscard]] http1::ResponseHead& reply_head() noexcept { return reply_head_; }
    [[nodiscard]] net::Arena& arena() const noexcept { return arena_; }
    [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
    [[nodiscard]] const route::Route& route() const noexcept { return route_; }
    [[nodiscard]] const Caller& caller() const noexcept { return caller_; }
    [[nodiscard]] const middleware::TraceParent& trace() const noexcept { return trace_; }
    [[nodiscard]] std::string_view request_id() const noexcept { return request_id_; }
    [[nodiscard]] Instant arrived() const noexcept { return arrived_; }
    [[nodiscard]] Cancel& cancel() noexcept { return cancel_; }
    // Only the connection's end, not the exchange's own: for sending the answer to a cancelled exchange.
    [[nodiscard]] Cancel& connection_cancel() const noexcept { return connection_cancel_; }

    // An attempt begins, with the time that one may take.
    void begin_attempt() noexcept;
    // The attempt's limit, and the call's: none while the request is still arriving, for then only limits.idle holds. It
    // gets its deadline when the last byte has come: wait with the reference, not with a copy.
    [[nodiscard]] const Wait& wait() const noexcept { return wait_; }
    // For connecting, which may begin before the request is whole.
    [[nodiscard]] Wait connect_wait() const noexcept {
        const Wait wait = wait_.until(after(worker_.scheduler.now(), limits_.timeout), Reason::timeout);
        return limits_.policies.retrying ? until_attempt_s_end(wait) : wait;
    }
    // The call's limit alone, for what happens between attempts: also while the request is still arriving, for then
    // nobody reads it.
    [[nodiscard]] Wait call_wait() noexcept { return {call_deadline(), &cancel_, Reason::timeout}; }
    [[nodiscard]] Instant call_deadline() const noexcept {
        return std::min(call_deadline_, after(worker_.scheduler.now(), limits_.timeout));
    }
    // Nothing goes on until the next attempt but waiting: a caller who leaves meanwhile ends it.
    void begin_pause() noexcept { downstream_.watch_caller(this); }

    // The request's last byte has come. From now on the call's deadline runs, for a wait in progress too, and a caller
    // who leaves cancels it.
    void request_is_whole();
    [[nodiscard]] bool request_whole() const noexcept { return request_whole_; }
    // Where the reply's head is being waited for; null: nowhere (any more).
    void awaits_head_on(Gate* gate) noexcept { head_gate_ = gate; }

    // Moves the request's body to `upstream` beside whatever else happens; join it before the exchange ends. Once more,
    // after it was stopped and joined: what has gone before goes again, first. `keep`: in case that is needed.
    enum class Keep : bool { nothing, for_replay };
    void start_upload(http1::HttpClientStream& upstream, Keep keep);
    [[nodiscard]] Child<void>& upload() noexcept { return upload_; }
    // Nobody needs the rest of the request.
    void stop_upload() noexcept;
    // The request asks to speak something else on this connection, and that goes on to the app.
    [[nodiscard]] bool offers_upgrade() const noexcept { return !request_.own.upgrade.empty(); }
    // The same request, byte for byte, can be sent once more.
    [[nodiscard]] bool replayable() const noexcept { return replay_.whole(); }

    // Both sides have agreed to speak something else from now on. The caller may close its side without giving up.
    void become_tunnel() noexcept {
        downstream_.watch_caller(nullptr);
        downstream_.become_tunnel();
    }

    // What has become of it so far.
    Story story;
    // The caller was told to send its body (100 Continue).
    bool said_continue = false;
    // CONNECT is taken here: the reply is the connection to the endpoint itself.
    bool tunnels = false;
    // Payload moved so far, and the time spent waiting for it.
    Relayed request_body;
    Relayed reply_body;
    // Time spent waiting for an endpoint's reply, a connection or a slot. (An upload's waits are among them.)
    Duration waited{};

private:
    static Task<void> upload_body(Exchange& exchange, http1::HttpClientStream& upstream, Keep keep);
    static Task<RelayEnd> send_body(Exchange& exchange, http1::HttpClientStream& upstream, Keep keep);
    void expect_reply();
    void set_deadline() noexcept {
        wait_.deadline = call_deadline_;
        wait_.expiry = Reason::timeout;
        if (limits_.policies.retrying) wait_ = until_attempt_s_end(wait_);
    }
    [[nodiscard]] Wait until_attempt_s_end(const Wait& wait) const noexcept;
    void peer_closed() noexcept override;

    net::Worker& worker_;
    http1::HttpServerStream& downstream_;
    http1::RequestHead& request_;
    net::Arena& arena_;
    const Limits& limits_;
    route::Route route_;
    const Caller& caller_;
    Cancel& connection_cancel_;
    Cancel cancel_;
    std::optional<Cancel> upload_cancel_;   // of the upload in progress, or the last one
    ReplayBuffer replay_;
    middleware::TraceParent trace_;
    std::string_view request_id_;
    Instant arrived_;
    Wait wait_{never, &cancel_, Reason::timeout};
    Instant call_deadline_ = never;   // until the request is whole
    Instant attempt_began_{};
    bool request_whole_ = false;
    Gate* head_gate_ = nullptr;
    Child<void> upload_;
    http1::ResponseHead reply_head_;
};

}  // namespace outrigger::proxy
