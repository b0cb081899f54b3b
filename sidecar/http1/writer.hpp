// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

// Heads and chunk framing as bytes, appended to a buffer of the caller. No I/O, no validation of what the
// parser has already validated.
namespace outrigger::http1 {

// Appends to fixed storage. A line that does not fit is dropped whole and sets overflowed(); so is every
// later one, however short, so that no head with a gap can look complete.
class HeadWriter {
public:
    explicit HeadWriter(std::span<char> storage) noexcept : storage_{storage} {}

    void request_line(std::string_view method, std::string_view path) noexcept;  // "GET /x HTTP/1.1\r\n"
    void status_line(int status, std::string_view reason_phrase) noexcept;       // always HTTP/1.1; 100..999
    void field(std::string_view name, std::string_view value) noexcept;
    void field(std::string_view name, std::uint64_t value) noexcept;
    // Appends "name: first, second\r\n".
    void joined_field(std::string_view name, std::string_view first, std::string_view second) noexcept;
    void end() noexcept;  // the empty line

    [[nodiscard]] std::string_view written() const noexcept { return {storage_.data(), size_}; }
    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

private:
    void put(std::initializer_list<std::string_view> pieces) noexcept;
    std::span<char> storage_;
    std::size_t size_ = 0;
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
