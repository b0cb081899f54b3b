// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/core/utf8.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace outrigger::logging {
namespace {

constexpr std::size_t first_size = 1024;  // of a growing buffer: most lines fit

// What a byte needs inside a JSON string: nothing (0), a look at the UTF-8 sequence it begins ('8'), \u00XX
// ('u'), or a backslash and the letter given.
constexpr auto escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
    for (std::size_t c = 0x80; c < 0x100; ++c) table[c] = '8';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}();

char escape_of(char c) noexcept { return escapes[static_cast<unsigned char>(c)]; }

// Copies of both sizes are looked at as a whole: whether a byte is below 0x20, above 0x7f (negative), a quote or a
// backslash.
using Sixteen [[gnu::vector_size(16)]] = signed char;
using Eight [[gnu::vector_size(8)]] = signed char;
template <class Bytes>
using WordsOf [[gnu::vector_size(sizeof(Bytes))]] = std::uint64_t;

bool any_set(WordsOf<Sixteen> words) noexcept { return (words[0] | words[1]) != 0; }
bool any_set(WordsOf<Eight> words) noexcept { return words[0] != 0; }

// Copies so many bytes, special or not; true if none was. What was copied too much is written over.
template <class Bytes>
bool copy_block(const char* from, char* to) noexcept {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    std::memcpy(to, &bytes, sizeof bytes);
    return !any_set(WordsOf<Bytes>((bytes < 0x20) | (bytes == '"') | (bytes == '\\')));
}

// Copies up to the first byte that needs a look; there is room for all. Both pointers stop there.
[[gnu::always_inline]] inline void copy_plain(const char*& from, const char* end, char*& to) noexcept {
    const std::ptrdiff_t size = end - from;
    for (; end - from >= 16 && copy_block<Sixteen>(from, to); from += 16) to += 16;
    // The last block overlaps the one before; a special byte in it is found by the loop below.
    const std::ptrdiff_t left = end - from;
    const bool copied = size >= 16 ? left < 16 && copy_block<Sixteen>(end - 16, to + left - 16)
                                   : size >= 8 && copy_block<Eight>(from, to) &&
                                         copy_block<Eight>(end - 8, to + left - 8);
    if (copied) {
        from = end;
        to += left;
    }
    while (from != end && escape_of(*from) == 0) *to++ = *from++;
}

}  // namespace

JsonWriter::JsonWriter(std::span<char> fixed) noexcept
    : begin_{fixed.data()}, next_{begin_}, end_{begin_ + fixed.size()} {
    raw("{");
}

JsonWriter::JsonWriter(std::vector<char>& growing) : growing_{&growing} {
    if (growing.size() < first_size) growing.resize(first_size);
    begin_ = next_ = growing.data();
    end_ = begin_ + growing.size();
    raw("{");
}

bool JsonWriter::grow(std::size_t bytes) {
    if (growing_ == nullptr) {
        overflowed_ = true;
        end_ = next_;  // nothing shorter slips in after it
        return false;
    }
    const auto used = static_cast<std::size_t>(next_ - begin_);
    growing_->resize(std::max(growing_->size() * 2, used + bytes));
    begin_ = growing_->data();
    next_ = begin_ + used;
    end_ = begin_ + growing_->size();
    return true;
}

void JsonWriter::text(std::string_view value) {
    if (!room(value.size() + 3)) return;
    const char* from = value.data();
    const char* const end = from + value.size();
    char* to = next_;
    *to++ = '"';
    copy_plain(from, end, to);
    next_ = to;
    if (from != end) escaped({from, static_cast<std::size_t>(end - from)});
    raw("\",");
}

void JsonWriter::escaped(std::string_view value) {
    const char* from = value.data();
    const char* const end = from + value.size();
    while (from != end) {
        if (!room(static_cast<std::size_t>(end - from))) return;  // at least so much will come
        copy_plain(from, end, next_);
        if (from != end) from = escape_one(from, end);
    }
}

// Writes what stands for the bytes at `from`; returns what follows them.
const char* JsonWriter::escape_one(const char* from, const char* end) {
    const char kind = escape_of(*from);
    if (kind == '8') {
        const std::string_view rest{from, static_cast<std::size_t>(end - from)};
        const Utf8Step step = utf8_step(rest);
        raw(step.valid ? rest.substr(0, step.length) : utf8_replacement);
        return from + step.length;
    }
    if (kind == 'u') {
        constexpr std::string_view hex = "0123456789abcdef";
        const auto code = static_cast<unsigned char>(*from);
        const char sequence[] = {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};
        raw(std::string_view{sequence, sizeof sequence});
    } else {
        const char sequence[] = {'\\', kind};
        raw(std::string_view{sequence, sizeof sequence});
    }
    return from + 1;
}

template <class Number>
void JsonWriter::digits(Number value) {
    constexpr std::size_t longest = 24;  // of 64-bit integers 20, of doubles 24: -2.2250738585072014e-308
    if (fits(longest + 1)) {
        next_ = std::to_chars(next_, next_ + longest, value).ptr;
        *next_++ = ',';
        return;
    }
    std::array<char, longest> buffer;
    const char* const end = std::to_chars(buffer.data(), buffer.data() + longest, value).ptr;
    members({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

void JsonWriter::number(std::int64_t value) { digits(value); }
void JsonWriter::number(std::uint64_t value) { digits(value); }

void JsonWriter::number(double value) {
    if (std::isfinite(value))
        digits(value);
    else
        members("null");
}

void JsonWriter::element(std::string_view value) { text(value); }

std::string_view JsonWriter::finish() {
    while (open_ != none_open) close();
    end_with('}', '\n');
    if (overflowed_) return {};
    return {begin_, static_cast<std::size_t>(next_ - begin_)};
}

}  // namespace outrigger::logging
