// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/http1/parser.hpp"
#include "sidecar/net/arena.hpp"
#include "sidecar/net/buffer.hpp"
#include "sidecar/net/stream.hpp"

namespace outrigger::http1 {

// The reading half of a connection: finds heads, decodes bodies, and keeps what came early (a partial head, a body's
// beginning, the next request). What it keeps is empty for the usual small exchange, and then costs no allocation.
class Inbox {
public:
    // What comes behind a head in the same read: is copied, or stays in the head's arena, because this inbox is empty or
    // gone before the arena is.
    enum class Behind : bool { copied, in_arena };
    Inbox(net::Stream& stream, net::PagePool& pages, Behind behind = Behind::copied) noexcept
        : stream_{stream}, kept_{pages}, behind_{behind} {}

    enum class HeadState : std::uint8_t { whole, partial, ended, fault };
    struct HeadStep {
        HeadState state;
        std::string_view head;      // whole: in the arena
        Fault fault = {};
        bool guessed = false;       // that the head ends where the read did; see Guess
    };
    // A read that ends with an empty line is mostly one whole head, and then a search for its end is a walk for nothing:
    // the parser walks too. If the guess was wrong, what is behind the head has to be put back.
    enum class Guess : bool { none, whole_read };
    void put_back(std::string_view behind) { kept_.append(behind); }
    // One read towards a head; no suspension. `partial`: see whether what is kept may become one (that bounds it), then
    // wait for the stream's gate, which may be open still, and call again.
    [[nodiscard]] HeadStep try_head(net::Arena& arena, net::Scratch& scratch, Guess guess = Guess::none);

    // One read towards `kept()`; no suspension. `partial`: see what there is now.
    [[nodiscard]] HeadStep fill(net::Scratch& scratch);

    // One read's worth of a body; see HttpStream::pump_body.
    [[nodiscard]] BodyProgress pump(BodyDecoder& decoder, net::Scratch& scratch, BodySink& sink) noexcept;

    // The trailer fields of the last body that may go on, as lines with their CRLF.
    [[nodiscard]] std::string_view trailers() const noexcept { return trailers_ ? std::string_view{*trailers_} : std::string_view{}; }

    // Bytes that have come and were not consumed.
    [[nodiscard]] std::string_view kept() const noexcept { return kept_.bytes(); }
    [[nodiscard]] bool empty() const noexcept { return kept_.empty(); }
    // Memory in use for them, in bytes; at rest there is none.
    [[nodiscard]] std::size_t held() const noexcept { return kept_.held(); }

private:
    [[nodiscard]] std::string_view take_head(net::Arena& arena);
    void consume(std::size_t count) noexcept;
    [[nodiscard]] BodyProgress decode(BodyDecoder& decoder, std::string_view& bytes, BodySink& sink) noexcept;

    net::Stream& stream_;
    net::Buffer kept_;
    std::unique_ptr<std::string> trailers_;   // seldom any; bounded by the decoder
    Behind behind_;
    std::size_t scanned_ = 0;    // of kept(), already searched for the end of a head
};

}  // namespace outrigger::http1
