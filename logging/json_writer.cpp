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

// Copies of both sizes are looked at as a whole: whether each byte is above 0x1f (those above 0x7f are negative) and
// neither a quote nor a backslash.
using Sixteen [[gnu::vector_size(16)]] = signed char;
using Eight [[gnu::vector_size(8)]] = signed char;
template <class Bytes>
using WordsOf [[gnu::vector_size(sizeof(Bytes))]] = std::uint64_t;

bool all_set(WordsOf<Sixteen> words) noexcept { return (words[0] & words[1]) == ~std::uint64_t{0}; }
bool all_set(WordsOf<Eight> words) noexcept { return words[0] == ~std::uint64_t{0}; }

// Copies so many bytes, special or not; true if none was. What was copied too much is written over.
template <class Bytes>
bool copy_block(const char* from, char* to) noexcept {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    std::memcpy(to, &bytes, sizeof bytes);
    return all_set(WordsOf<Bytes>((bytes > 0x1f) & ~((bytes == '"') | (bytes == '\\'))));
}

// Copies all of it, special or not; true if nothing was special. There is room. The last block overlaps the one before.
[[gnu::always_inline]] inline bool copy_plain(const char* from, std::size_t size, char* to) noexcept {
    if (size >= 16) {
        const std::size_t last = size - 16;
        for (std::size_t i = 0; i < last; i += 16)
            if (!copy_block<Sixteen>(from + i, to + i)) return false;
        return copy_block<Sixteen>(from + last, to + last);
    }
    if (size >= 8) return copy_block<Eight>(from, to) && copy_block<Eight>(from + size - 8, to + size - 8);
    char special = 0;
    for (std::size_t i = 0; i < size; ++i) special |= escape_of(to[i] = from[i]);
    return special == 0;
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

// Mostly there is room and nothing special: this is kept short for it.
void JsonWriter::text(std::string_view value) {
    char* const to = next_;
    if (!fits(value.size() + 3) || !copy_plain(value.data(), value.size(), to + 1)) return text_with_care(value);
    to[0] = '"';
    char* const end = to + 1 + value.size();
    end[0] = '"';
    end[1] = ',';
    next_ = end + 2;
}

void JsonWriter::text_with_care(std::string_view value) {
    raw("\"");
    escaped(value);
    raw("\",");
}

void JsonWriter::escaped(std::string_view value) {
    if (fits(value.size()) && copy_plain(value.data(), value.size(), next_)) {
        next_ += value.size();
        return;
    }
    const char* from = value.data();
    const char* const end = from + value.size();
    while (from != end) {
        if (!room(static_cast<std::size_t>(end - from))) return;  // at least so much will come
        while (from != end && escape_of(*from) == 0) *next_++ = *from++;
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
        char* const end = std::to_chars(next_, next_ + longest, value).ptr;
        *end = ',';
        next_ = end + 1;
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
