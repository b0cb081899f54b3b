// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/result.hpp>
#include "sidecar/http1/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

// Strict RFC 9112 without any I/O: bytes in, a head or a fault out. What smuggling needs is refused, never
// repaired. What exactly is refused, and why: docs/decisions/0006-strict-http1.md.
namespace outrigger::http1 {

struct HeadLimits {
    std::size_t header_bytes = 64 * 1024;  // the whole head, request line included
    std::size_t uri_bytes = 16 * 1024;
};

// The number of bytes of the head at the start of `bytes`, with its empty line; 0 while it is not whole.
// `scanned` is what an earlier call has already looked at (pass its bytes.size(); 0 at first), so that a head
// that comes byte by byte costs no quadratic search. Bare LF and bare CR do not end a head here; the parser
// refuses them.
[[nodiscard]] std::size_t head_end(std::string_view bytes, std::size_t scanned) noexcept;

// Parses a whole request head (as found by head_end; one empty line may stand before it). Views in `head`
// point into `bytes`, except that `path` may be a static "/" or "*". After a fault `head` holds nothing of
// use. Faults: bad_request, uri_too_long, header_too_large, not_implemented (an unknown transfer coding),
// each with a detail that says what is wrong.
[[nodiscard]] Result<void> parse_request(std::string_view bytes, const HeadLimits& limits,
                                         RequestHead& head) noexcept;

// What is wrong with the start of a head that is not whole yet: a too long target or head, or bytes that can
// no longer become a request. Called when more bytes are needed, so that garbage is answered at once.
// `scanned` as for head_end: the bytes an earlier call has already found well. What this refuses,
// parse_request would refuse as well.
[[nodiscard]] Result<void> check_partial_request(std::string_view bytes, const HeadLimits& limits,
                                                 std::size_t scanned = 0) noexcept;

// Parses a whole response head. `to_head_request`: the request was HEAD, so no body follows whatever the
// fields say. Faults: upstream_protocol_error with a detail.
[[nodiscard]] Result<void> parse_response(std::string_view bytes, const HeadLimits& limits,
                                          bool to_head_request, ResponseHead& head) noexcept;
[[nodiscard]] Result<void> check_partial_response(std::string_view bytes, const HeadLimits& limits,
                                                  std::size_t scanned = 0) noexcept;

// True when this field must not be forwarded: Connection, Keep-Alive, Proxy-Connection, TE,
// Transfer-Encoding, Upgrade, Proxy-Authenticate, Proxy-Authorization, and whatever a Connection field of the
// message names. Trailer is kept, and so are Host and Content-Length even if Connection names them: no sender
// may take these from a message.
[[nodiscard]] bool is_hop_by_hop(const Field& field, const Fields& fields) noexcept;
[[nodiscard]] bool is_hop_by_hop(std::string_view name, const Fields& fields) noexcept;

// RFC 9110, section 9.2.2: sending it twice does what sending it once does.
[[nodiscard]] bool is_idempotent(std::string_view method) noexcept;
// ASCII comparison without regard to case.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;
// The value of the first field of this name; empty if there is none.
[[nodiscard]] std::string_view value_of(const Fields& fields, std::string_view name) noexcept;

// Decodes a body incrementally. Feed it what came from the connection; it hands out slices of payload that
// point into the fed bytes. It never reads past the body's end: what follows belongs to the next message.
class BodyDecoder {
public:
    explicit BodyDecoder(BodyPlan plan = {}) noexcept;

    struct Step {
        std::size_t consumed = 0;  // bytes of the input that are done with
        std::string_view payload;  // a slice of the input; may be empty while framing is consumed
        std::string_view trailer;  // likewise: a part of the trailer section, without the line that ends it
    };
    // Takes from the start of `bytes`; call again with the rest until it consumes nothing or done(). It
    // consumes something unless `bytes` is empty or the body is done. A step goes on to the next payload's
    // start, so that the last payload and the body's end come together where both are there. Chunked: sizes
    // at most 16 hex digits without overflow, extensions only well-formed and at most 4 KiB in all per chunk
    // line, CRLF strictly, trailers up to 8 KiB, validated as fields. Faults carry bad_request;
    // the response side maps it to upstream_protocol_error.
    [[nodiscard]] Result<Step> decode(std::string_view bytes) noexcept;

    // The same where there is no framing among the payload (not chunked): what of `bytes` belongs to the body, all of it
    // payload. Cannot fail.
    [[nodiscard]] bool plain() const noexcept { return state_ == State::length || state_ == State::until_close; }
    [[nodiscard]] std::string_view take_plain(std::string_view bytes) noexcept {
        if (state_ == State::until_close) return bytes;
        if (bytes.size() < left_) {
            left_ -= bytes.size();
            return bytes;
        }
        state_ = State::done;
        return bytes.substr(0, static_cast<std::size_t>(std::exchange(left_, 0)));
    }

    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
    // For a connection that ended: true when the body may end this way (done, or until_close).
    [[nodiscard]] bool may_end_here() const noexcept { return done() || state_ == State::until_close; }
    // Payload bytes still expected, where known (Framing::length).
    [[nodiscard]] std::uint64_t left() const noexcept { return state_ == State::length ? left_ : 0; }

private:
    enum class State : std::uint8_t {
        done,
        length,
        until_close,
        // Chunked, in the order of the grammar (RFC 9112 section 7.1).
        size_start,
        size,
        blank_before_extension,
        extension_name_start,
        extension_name,
        blank_after_extension_name,
        extension_value_start,
        extension_value,
        quoted_value,
        quoted_pair,
        quoted_value_end,
        line_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        end_lf,
    };
    [[nodiscard]] const Fault* framing_byte(char byte) noexcept;
    [[nodiscard]] const Fault* size_byte(char byte) noexcept;
    [[nodiscard]] const Fault* extension_byte(char byte) noexcept;
    [[nodiscard]] const Fault* trailer_byte(char byte) noexcept;
    [[nodiscard]] const Fault* expect(char byte, char wanted, State next, const Fault& otherwise) noexcept;
    [[nodiscard]] static State after_extension_byte(State state, char byte) noexcept;
    [[nodiscard]] std::string_view take(std::string_view bytes) noexcept;

    std::uint64_t left_ = 0;        // payload bytes to come, of the body or of the chunk
    std::uint16_t line_bytes_ = 0;  // of this chunk's line, or of all trailers
    std::uint8_t digits_ = 0;       // of the chunk's size
    State state_ = State::done;
};

}  // namespace outrigger::http1
