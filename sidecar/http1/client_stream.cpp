// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/client_stream.hpp"

#include <utility>

#include "sidecar/http1/head_text.hpp"
#include "sidecar/http1/keep_alive.hpp"

namespace outrigger::http1 {

void ClientStream::write_head(const RequestHead& head, net::Arena& arena) {
    request_framing_ = head.body.framing;
    to_head_request_ = head.method == "HEAD";
    keep_alive_ = true;
    request_ended_ = reply_begun_ = reply_ended_ = false;
    sent_before_ = outbox_.sent();
    // A system call, and only for requests that must never be sent twice: see request_unseen().
    acknowledged_before_.reset();
    if (sent_before_ > 0 && !is_idempotent(head.method)) acknowledged_before_ = stream_->bytes_acknowledged();
    outbox_.add(head_text(arena, head.fields, request_framing_ != Framing::none, [&](HeadWriter& out) {
        out.request_line(head.method, head.path);
        out.field("Host", head.host);
        if (request_framing_ == Framing::length) out.content_length(head.body.length);
        if (request_framing_ == Framing::chunked) out.field("Transfer-Encoding", "chunked");
        out.fields(head.own);
    }));
}

Result<void> ClientStream::parse(std::string_view bytes, ResponseHead& head) noexcept {
    Result<void> parsed = parse_response(bytes, limits_, to_head_request_, head);
    if (!parsed || (head.status < 200 && head.status != 101)) return parsed;
    reply_ = BodyDecoder{head.body};
    reply_ended_ = reply_.done();
    keep_alive_ = head.keep_alive && head.body.framing != Framing::until_close;
    if (!head.keep_alive_value.empty()) note_promise(head.keep_alive_value);
    return parsed;
}

// Not inline: few endpoints promise anything.
[[gnu::noinline]] void ClientStream::note_promise(std::string_view value) noexcept {
    idle_promise_ = keep_alive_timeout(value);
}

std::optional<Result<void>> ClientStream::try_head(ResponseHead& head, net::Arena& arena, net::Scratch& scratch) {
    // A read before anything has come would be a system call for nothing.
    if (!stream_->readable().is_open() && inbox_.empty()) return std::nullopt;
    const Inbox::HeadStep step = inbox_.try_head(arena, scratch);
    if (step.state == Inbox::HeadState::whole || !inbox_.empty()) reply_begun_ = true;
    switch (step.state) {
        case Inbox::HeadState::whole: sound_ = 0; return parse(step.head, head);
        case Inbox::HeadState::fault:
            return Fault{Reason::upstream_reset, "the connection was reset", step.fault.os_error};
        case Inbox::HeadState::ended:
            closed_in_order_ = true;
            return Fault{Reason::upstream_reset,
                         reply_begun_ ? "closed in the middle of the reply's head" : "closed without a reply"};
        case Inbox::HeadState::partial: break;
    }
    Result<void> checked = check_partial_response(inbox_.kept(), limits_, std::exchange(sound_, inbox_.kept().size()));
    if (!checked) return checked;
    return std::nullopt;
}

void ClientStream::write_body(std::string_view payload) noexcept {
    if (request_framing_ == Framing::chunked) return outbox_.add_chunk(payload);
    outbox_.add(payload);
}

void ClientStream::end_body(std::string_view trailers) noexcept {
    if (request_framing_ == Framing::chunked) outbox_.end_chunks(trailers);
    if (tunnel_) outbox_.end();
    request_ended_ = true;
}

void ClientStream::become_tunnel() noexcept {
    tunnel_ = true;
    keep_alive_ = false;
    request_framing_ = Framing::until_close;
    reply_ = BodyDecoder{BodyPlan{Framing::until_close}};
}

bool ClientStream::request_unseen() const noexcept {
    if (outbox_.sent() == sent_before_) return true;
    return closed_in_order_ && acknowledged_before_ && stream_->bytes_acknowledged() == acknowledged_before_;
}

BodyProgress ClientStream::pump_body(net::Scratch& scratch, BodySink& sink) noexcept {
    BodyProgress progress = inbox_.pump(reply_, scratch, sink);
    if (progress.kind == BodyProgress::Kind::end) reply_ended_ = true;
    // The decoder speaks of requests; a broken reply is the endpoint's doing.
    if (progress.kind == BodyProgress::Kind::fault && progress.fault.reason != Reason::upstream_reset)
        progress.fault.reason = Reason::upstream_protocol_error;
    return progress;
}

bool ClientStream::reusable() const noexcept {
    return keep_alive_ && request_ended_ && reply_ended_ && inbox_.empty() && !outbox_.congested() &&
           !stream_->peer_has_closed();
}

void ClientStream::reset() noexcept {
    keep_alive_ = false;
    stream_->abort_on_close();
}

}  // namespace outrigger::http1
