// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/parser.hpp"
#include "sidecar/http1/refusals.hpp"

#include <algorithm>
#include <limits>

namespace outrigger::http1 {

namespace {

constexpr std::uint16_t chunk_extension_max = 4 * 1024;  // from the first `;` or blank to the CR
constexpr std::uint16_t trailer_bytes_max = 8 * 1024;
constexpr std::uint8_t size_digits_max = 16;
constexpr auto chunk_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

constexpr std::uint64_t hex_value(char digit) noexcept {
    return static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

}  // namespace

static_assert(sizeof(BodyDecoder) == 16, "one per message in flight");

BodyDecoder::BodyDecoder(BodyPlan plan) noexcept : left_{plan.framing == Framing::length ? plan.length : 0} {
    switch (plan.framing) {
        case Framing::none: break;
        case Framing::length: state_ = left_ == 0 ? State::done : State::length; break;
        case Framing::chunked: state_ = State::size_start; break;
        case Framing::until_close: state_ = State::until_close; break;
    }
}

Result<BodyDecoder::Step> BodyDecoder::decode(std::string_view bytes) noexcept {
    Step step;
    while (step.consumed < bytes.size() && !done()) {
        const bool in_trailers = state_ >= State::trailer_start && state_ <= State::trailer_lf;
        if (state_ == State::length || state_ == State::until_close || state_ == State::data) {
            if (!step.payload.empty()) break;  // one slice a step
            step.payload = take(bytes.substr(step.consumed));
            step.consumed += step.payload.size();
        } else if (const Refusal refusal = framing_byte(bytes[step.consumed])) {
            // Payload that came before the offending byte is still handed out; the next call meets the byte
            // again.
            if (step.consumed != 0) break;
            return *refusal;
        } else {
            if (in_trailers && state_ != State::end_lf) {
                if (step.trailer.empty()) step.trailer = bytes.substr(step.consumed, 0);
                step.trailer = {step.trailer.data(), step.trailer.size() + 1};
            }
            ++step.consumed;
        }
    }
    return step;
}

std::string_view BodyDecoder::take(std::string_view bytes) noexcept {
    if (plain()) return take_plain(bytes);
    const std::string_view payload =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    left_ -= payload.size();
    if (left_ == 0) state_ = State::data_cr;
    return payload;
}

// A state changes only when its byte is taken, so that a refused byte is refused again.
Refusal BodyDecoder::framing_byte(char byte) noexcept {
    switch (state_) {
        case State::size_start:
        case State::size: return size_byte(byte);
        case State::blank_before_extension:
        case State::extension_name_start:
        case State::extension_name:
        case State::blank_after_extension_name:
        case State::extension_value_start:
        case State::extension_value:
        case State::quoted_value:
        case State::quoted_pair:
        case State::quoted_value_end: return extension_byte(byte);
        case State::line_lf:
            return expect(byte, '\n', left_ == 0 ? State::trailer_start : State::data,
                          refusals::chunk_line_end);
        case State::data_cr: return expect(byte, '\r', State::data_lf, refusals::chunk_data_end);
        case State::data_lf: return expect(byte, '\n', State::size_start, refusals::chunk_data_end);
        case State::trailer_start:
        case State::trailer_name:
        case State::trailer_value:
        case State::trailer_lf:
        case State::end_lf: return trailer_byte(byte);
        case State::done:
        case State::length:
        case State::until_close:
        case State::data: break;  // not framing; decode() keeps these away
    }
    return nullptr;
}

Refusal BodyDecoder::expect(char byte, char wanted, State next, const Fault& otherwise) noexcept {
    if (byte != wanted) return &otherwise;
    line_bytes_ = 0;
    digits_ = 0;
    state_ = next;
    return nullptr;
}

Refusal BodyDecoder::size_byte(char byte) noexcept {
    if (is(byte, char_class::hex)) {
        const std::uint64_t size = (left_ << 4) | hex_value(byte);  // below 2^63 before, so no bit is lost
        if (digits_ == size_digits_max || size > chunk_max) return &refusals::chunk_size_too_large;
        left_ = size;
        ++digits_;
        state_ = State::size;
        return nullptr;
    }
    if (state_ == State::size_start)
        return byte == '\r' || byte == ';' ? &refusals::chunk_size_missing : &refusals::chunk_size_byte;
    if (byte == '\r') {
        state_ = State::line_lf;
        return nullptr;
    }
    if (byte != ';' && !is_blank(byte))
        return byte == '\n' ? &refusals::chunk_line_end : &refusals::chunk_size_byte;
    state_ = State::blank_before_extension;
    return extension_byte(byte);
}

// Extensions mean nothing to us and end here, but a reader that understood them otherwise would see other
// chunks.
Refusal BodyDecoder::extension_byte(char byte) noexcept {
    const State next = after_extension_byte(state_, byte);
    if (next == State::done) return byte == '\n' ? &refusals::chunk_line_end : &refusals::chunk_extension;
    if (next != State::line_lf) {
        if (line_bytes_ == chunk_extension_max) return &refusals::chunk_extension_too_long;
        ++line_bytes_;
    }
    state_ = next;
    return nullptr;
}

// chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ). State::done stands for:
// malformed.
BodyDecoder::State BodyDecoder::after_extension_byte(State state, char byte) noexcept {
    const bool token = is(byte, char_class::token);
    const bool blank = is_blank(byte);
    const State next_extension = byte == ';' ? State::extension_name_start : State::done;
    const State end_or_next = byte == '\r' ? State::line_lf : next_extension;
    if (state == State::blank_before_extension) return blank ? state : next_extension;
    if (state == State::extension_name_start)
        return token ? State::extension_name : blank ? state : State::done;
    if (state == State::extension_name) {
        if (token) return state;
        if (byte == '=') return State::extension_value_start;
        return blank ? State::blank_after_extension_name : end_or_next;
    }
    if (state == State::blank_after_extension_name) {
        if (byte == '=') return State::extension_value_start;
        return blank ? state : next_extension;
    }
    if (state == State::extension_value_start) {
        if (byte == '"') return State::quoted_value;
        return token ? State::extension_value : blank ? state : State::done;
    }
    if (state == State::quoted_value) {
        if (byte == '"') return State::quoted_value_end;
        if (byte == '\\') return State::quoted_pair;
        return is(byte, char_class::quoted) ? state : State::done;
    }
    if (state == State::quoted_pair) return is(byte, char_class::value) ? State::quoted_value : State::done;
    if (state == State::extension_value && token) return state;
    return blank ? State::blank_before_extension : end_or_next;  // after a value, quoted or not
}

Refusal BodyDecoder::trailer_byte(char byte) noexcept {
    if (line_bytes_ == trailer_bytes_max) return &refusals::trailer_too_large;
    State next = state_;
    if (state_ == State::trailer_start) {
        if (is_blank(byte)) return &refusals::trailer_folded;
        if (byte == '\n') return &refusals::trailer_line_end;
        if (byte != '\r' && !is(byte, char_class::token)) return &refusals::trailer_name;
        next = byte == '\r' ? State::end_lf : State::trailer_name;
    } else if (state_ == State::trailer_name) {
        if (byte != ':' && !is(byte, char_class::token)) return &refusals::trailer_name;
        if (byte == ':') next = State::trailer_value;
    } else if (state_ == State::trailer_value) {
        if (byte == '\n') return &refusals::trailer_line_end;
        if (byte != '\r' && !is(byte, char_class::value)) return &refusals::trailer_value;
        if (byte == '\r') next = State::trailer_lf;
    } else {  // trailer_lf, end_lf
        if (byte != '\n') return &refusals::trailer_line_end;
        next = state_ == State::end_lf ? State::done : State::trailer_start;
    }
    ++line_bytes_;
    state_ = next;
    return nullptr;
}

}  // namespace outrigger::http1
