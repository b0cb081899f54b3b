// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

// Heads and chunk framing as bytes, appended to a buffer of the caller. No I/O, no validation of what the
// parser has already validated.
namespace outrigger::http1 {

// Appends to fixed storage. A line that does not fit is dropped whole and sets overflowed(); so is every
// later one, however short, so that no head with a gap can look complete.
class HeadWriter {
public:
    explicit HeadWriter(std::span<char> storage) noexcept
        : begin_{storage.data()}, next_{begin_}, end_{begin_ + storage.size()} {}

    void request_line(std::string_view method, std::string_view path) noexcept {  // "GET /x HTTP/1.1\r\n"
        put(method, " ", path, " HTTP/1.1\r\n");
    }
    void status_line(int status, std::string_view reason_phrase) noexcept;  // always HTTP/1.1; 100..999
    void field(std::string_view name, std::string_view value) noexcept { put(name, ": ", value, "\r\n"); }
    void content_length(std::uint64_t length) noexcept;
    // Those that are shown. Those that stand behind one another in memory as they are to be written go as one piece.
    void fields(const Fields& fields) noexcept;
    // What a proxy adds to a request, with the Connection field that this takes.
    void fields(const ProxyFields& own) noexcept;
    void end() noexcept { put("\r\n"); }  // the empty line

    [[nodiscard]] std::string_view written() const noexcept {
        return {begin_, static_cast<std::size_t>(next_ - begin_)};
    }
    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

private:
    // Inlined so that a literal's length is known where its bytes are copied.
    template <class... Pieces>
    [[gnu::always_inline]] void put(const Pieces&... pieces) noexcept {
        const std::size_t total = (std::string_view{pieces}.size() + ...);
        overflowed_ = overflowed_ || total > static_cast<std::size_t>(end_ - next_);
        if (overflowed_) return;
        char* to = next_;  // next_ itself could be among the bytes written, for all that the compiler knows
        ((to = copied(std::string_view{pieces}, to)), ...);
        next_ = to;
    }
    [[gnu::always_inline]] static char* copied(std::string_view piece, char* to) noexcept {
        const char* const from = piece.data();
        const std::size_t size = piece.size();
        // Most are short, and a call costs more than they do: two moves that may overlap.
        if (size - 8 <= 8) {
            const std::uint64_t last = load8(from + size - 8);
            const std::uint64_t first = load8(from);
            std::memcpy(to, &first, 8);
            std::memcpy(to + size - 8, &last, 8);
        } else if (size > 3) {
            std::memcpy(to, from, size);
        } else if (size != 0) {  // else its data() may be null
            const char middle = from[size / 2];
            const char last = from[size - 1];
            to[0] = from[0];
            to[size / 2] = middle;
            to[size - 1] = last;
        }
        return to + size;
    }
    char* begin_;
    char* next_;
    char* end_;
    bool overflowed_ = false;
};

// The usual phrase of a status; "" for unknown ones.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

// "<hex>\r\n" before a chunk's payload; the payload is followed by "\r\n". Never called for an empty payload.
class ChunkHead {
public:
    ChunkHead() noexcept : begin_{bytes_max} {}  // empty
    explicit ChunkHead(std::uint64_t payload) noexcept;
    [[nodiscard]] std::string_view bytes() const noexcept {
        return {text_.data() + begin_, text_.size() - begin_};
    }

private:
    static constexpr std::size_t bytes_max = 18;  // 16 hexadecimal digits and CRLF
    std::array<char, bytes_max> text_;
    std::size_t begin_;
};
inline constexpr std::string_view chunk_tail = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace outrigger::http1
