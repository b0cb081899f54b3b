// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/server_stream.hpp"

#include <new>
#include <utility>

#include "sidecar/http1/head_text.hpp"
#include "sidecar/http1/refusals.hpp"

namespace outrigger::http1 {

namespace {

// What follows http2_preface. Only both together are no HTTP/1.1.
constexpr std::string_view http2_preface_rest = "SM\r\n\r\n";

}   // namespace

Result<void> ServerStream::parse(const Inbox::HeadStep& step, RequestHead& head) {
    Result<void> parsed = parse_whole(step.head, head);
    if (parsed || !step.guessed) return parsed;
    const std::size_t end = head_end(step.head, 0);
    if (end == step.head.size()) return parsed;
    inbox_.put_back(step.head.substr(end));
    return parse_whole(step.head.substr(0, end), head);
}

Result<void> ServerStream::parse_whole(std::string_view bytes, RequestHead& head) noexcept {
    if (preface_ == Preface::relayed && bytes == http2_preface) {
        ::new (&head) RequestHead;
        head.method = bytes.substr(0, 3);
        head.target = head.path = bytes.substr(4, 1);
        head.version = Version::http2;
        preface_ = Preface::begun;
        return {};
    }
    Result<void> parsed = parse_request(bytes, limits_, head);
    if (!parsed) return parsed;
    request_ = BodyDecoder{head.body};
    caller_version_ = head.version;
    keep_alive_ = head.keep_alive;
    return parsed;
}

Result<void> ServerStream::check_partial() noexcept {
    const std::size_t sound = std::exchange(sound_, inbox_.kept().size());
    if (preface_ == Preface::relayed && http2_preface.starts_with(inbox_.kept())) return {};
    return check_partial_request(inbox_.kept(), limits_, sound);
}

// Behind the preface's first part: it is HTTP/2 only if the second follows.
std::optional<Result<void>> ServerStream::try_preface(net::Scratch& scratch) {
    while (inbox_.kept().size() < http2_preface_rest.size()) {
        if (!http2_preface_rest.starts_with(inbox_.kept())) return refusals::http2_preface;
        const std::size_t before = inbox_.kept().size();
        const Inbox::HeadStep step = inbox_.fill(scratch);
        if (step.state != Inbox::HeadState::partial) return Fault{Reason::caller_left, "closed", step.fault.os_error};
        if (inbox_.kept().size() == before) return std::nullopt;
    }
    if (!inbox_.kept().starts_with(http2_preface_rest)) return refusals::http2_preface;
    become_tunnel();
    return Result<void>{};
}

std::optional<Result<void>> ServerStream::try_head(RequestHead& head, net::Arena& arena, net::Scratch& scratch) {
    if (preface_ == Preface::begun) return try_preface(scratch);
    const Inbox::HeadStep step = inbox_.try_head(arena, scratch, Inbox::Guess::whole_read);
    switch (step.state) {
        case Inbox::HeadState::whole: {
            Result<void> parsed = parse(step, head);
            if (preface_ == Preface::begun) return try_preface(scratch);
            return parsed;
        }
        case Inbox::HeadState::fault: return Fault{Reason::caller_left, "reset", step.fault.os_error};
        case Inbox::HeadState::ended:
            return Fault{Reason::caller_left, inbox_.empty() ? "closed" : "closed in the middle of a head"};
        case Inbox::HeadState::partial: break;
    }
    Result<void> checked = check_partial();
    if (!checked) return checked;
    return std::nullopt;
}

Task<Result<void>> ServerStream::read_head(RequestHead& head, net::Arena& arena, net::Scratch& scratch, Wait wait) {
    for (;;) {
        if (std::optional<Result<void>> read = try_head(head, arena, scratch)) co_return *read;
        Result<void> ready = co_await stream_.readable().wait(wait);
        if (!ready) co_return ready;
    }
}

void ServerStream::write_interim(const ResponseHead& head, net::Arena& arena) {
    if (caller_version_ == Version::http10) return;   // 1.0 knows no interim replies
    outbox_.add(head_text(arena, head.fields, false,
                          [&](HeadWriter& out) { out.status_line(head.status, head.reason_phrase); }));
}

void ServerStream::write_head(const ResponseHead& head, net::Arena& arena) {
    reply_begun_ = true;
    reply_framing_ = head.body.framing;
    if (reply_framing_ == Framing::chunked && caller_version_ == Version::http10) reply_framing_ = Framing::until_close;
    if (reply_framing_ == Framing::until_close && caller_version_ == Version::http11) reply_framing_ = Framing::chunked;
    if (reply_framing_ == Framing::until_close) keep_alive_ = false;
    outbox_.add(head_text(arena, head.fields, reply_framing_ != Framing::none, [&](HeadWriter& out) {
        out.status_line(head.status, head.reason_phrase);
        if (reply_framing_ == Framing::length) out.content_length(head.body.length);
        if (reply_framing_ == Framing::chunked) out.field("Transfer-Encoding", "chunked");
        if (head.status == 101) {
            out.field("Connection", "Upgrade");
            out.field("Upgrade", head.upgrade);
            return;
        }
        if (!keep_alive_)
            out.field("Connection", "close");
        else if (caller_version_ == Version::http10)
            out.field("Connection", "keep-alive");
    }));
}

void ServerStream::write_body(std::string_view payload) noexcept {
    if (reply_framing_ == Framing::none) return;
    if (reply_framing_ == Framing::chunked) return outbox_.add_chunk(payload);
    outbox_.add(payload);
}

void ServerStream::end_body(std::string_view trailers) noexcept {
    if (reply_framing_ == Framing::chunked) outbox_.end_chunks(trailers);
    if (tunnel_) outbox_.end();
    reply_ended_ = true;
}

void ServerStream::become_tunnel() noexcept {
    tunnel_ = true;
    keep_alive_ = false;
    reply_framing_ = Framing::until_close;
    request_ = BodyDecoder{BodyPlan{Framing::until_close}};
}

BodyProgress ServerStream::pump_body(net::Scratch& scratch, BodySink& sink) noexcept {
    BodyProgress progress = inbox_.pump(request_, scratch, sink);
    if (tunnel_ && progress.kind == BodyProgress::Kind::end) request_ = BodyDecoder{};   // nothing is left unread
    // Seen from here the one who broke off is the caller.
    if (progress.kind == BodyProgress::Kind::fault && progress.fault.reason == Reason::upstream_reset)
        progress.fault.reason = Reason::caller_left;
    return progress;
}

void ServerStream::reset() noexcept {
    reset_ = true;
    keep_alive_ = false;
    stream_.abort_on_close();
}

}  // namespace outrigger::http1
