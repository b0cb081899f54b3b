// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/inbox.hpp"

#include <span>
#include <utility>

#include "sidecar/http1/trailers.hpp"

namespace outrigger::http1 {

using net::Transfer;

void Inbox::consume(std::size_t count) noexcept {
    kept_.drop_front(count);
    scanned_ = 0;
}

std::string_view Inbox::take_head(net::Arena& arena) {
    const std::size_t end = head_end(kept(), scanned_);
    scanned_ = kept().size();
    if (end == 0) return {};
    const std::string_view head = arena.copy(kept().substr(0, end));
    consume(end);
    return head;
}

Inbox::HeadStep Inbox::try_head(net::Arena& arena, net::Scratch& scratch, Guess guess) {
    trailers_.reset();   // of the message before
    if (!empty())
        if (const std::string_view head = take_head(arena); !head.empty()) return {HeadState::whole, head};
    const Transfer got = stream_.try_read(scratch.read);
    if (got.kind == Transfer::Kind::again) return {HeadState::partial, {}};
    if (got.kind == Transfer::Kind::eof) return {HeadState::ended, {}};
    if (got.kind == Transfer::Kind::fault) return {HeadState::fault, {}, got.fault("recv")};

    const std::string_view bytes{scratch.read.data(), got.count};
    if (guess == Guess::whole_read && empty() && bytes.ends_with("\r\n\r\n"))
        return {HeadState::whole, arena.copy(bytes), {}, true};
    if (const std::size_t end = empty() ? head_end(bytes, 0) : 0) {   // the usual: nothing but the head is copied
        if (behind_ == Behind::in_arena && bytes.size() <= net::page_bytes) {   // more is not worth keeping that long
            const std::string_view all = arena.copy(bytes);
            kept_.borrow(all.substr(end));
            return {HeadState::whole, all.substr(0, end)};
        }
        const std::string_view head = arena.copy(bytes.substr(0, end));
        kept_.append(bytes.substr(end));
        return {HeadState::whole, head};
    }
    kept_.append(bytes);
    if (const std::string_view head = take_head(arena); !head.empty()) return {HeadState::whole, head};
    return {HeadState::partial, {}};
}

Inbox::HeadStep Inbox::fill(net::Scratch& scratch) {
    const Transfer got = stream_.try_read(scratch.read);
    if (got.kind == Transfer::Kind::eof) return {HeadState::ended, {}};
    if (got.kind == Transfer::Kind::fault) return {HeadState::fault, {}, got.fault("recv")};
    kept_.append({scratch.read.data(), got.count});
    return {HeadState::partial, {}};
}

BodyProgress Inbox::decode(BodyDecoder& decoder, std::string_view& bytes, BodySink& sink) noexcept {
    BodyProgress progress{BodyProgress::Kind::moved};
    if (decoder.plain()) {
        const std::string_view payload = decoder.take_plain(bytes);
        if (!payload.empty()) sink.write_body(payload);
        progress.payload = payload.size();
        bytes.remove_prefix(payload.size());
    }
    while (!decoder.done() && !bytes.empty()) {
        const Result<BodyDecoder::Step> step = decoder.decode(bytes);
        if (!step) return {BodyProgress::Kind::fault, progress.payload, step.error()};
        if (!step->payload.empty()) sink.write_body(step->payload);
        if (!step->trailer.empty()) {
            if (!trailers_) trailers_ = std::make_unique<std::string>();
            trailers_->append(step->trailer);
        }
        progress.payload += step->payload.size();
        bytes.remove_prefix(step->consumed);
        if (step->consumed == 0) break;
    }
    if (decoder.done()) {
        progress.kind = BodyProgress::Kind::end;
        if (trailers_) keep_forwardable(*trailers_);
    }
    return progress;
}

BodyProgress Inbox::pump(BodyDecoder& decoder, net::Scratch& scratch, BodySink& sink) noexcept {
    if (decoder.done()) return {BodyProgress::Kind::end};
    if (!empty()) {
        std::string_view bytes = kept();
        const BodyProgress progress = decode(decoder, bytes, sink);
        // The sink holds views into kept_ until it is pushed: push before the bytes go. It repeats its fault, if it
        // has one, at the next push.
        [[maybe_unused]] const Result<void> pushed = sink.push();
        consume(kept().size() - bytes.size());
        return progress;
    }
    const Transfer got = stream_.try_read(scratch.read);
    switch (got.kind) {
        case Transfer::Kind::again: return {BodyProgress::Kind::again};
        case Transfer::Kind::fault: return {BodyProgress::Kind::fault, 0, got.fault("recv")};
        case Transfer::Kind::eof:
            if (decoder.may_end_here()) return {BodyProgress::Kind::end};
            return {BodyProgress::Kind::fault, 0, {Reason::upstream_reset, "closed in the middle of a body"}};
        case Transfer::Kind::bytes: break;
    }
    std::string_view bytes{scratch.read.data(), got.count};
    const BodyProgress progress = decode(decoder, bytes, sink);
    kept_.append(bytes);
    return progress;
}

}  // namespace outrigger::http1
