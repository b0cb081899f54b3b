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

// Whether one of eight bytes is below 0x20, above 0x7f, a quote or a backslash. The classic trick: x - 0x20..
// borrows from bit 7 exactly in the lowest byte that is smaller, and the lowest hit is all that is asked for.
bool any_special(std::uint64_t x) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t highs = ones << 7;
    const std::uint64_t quotes = x ^ (ones * '"');
    const std::uint64_t backslashes = x ^ (ones * '\\');
    return ((x | (x - ones * 0x20) | (quotes - ones) | (backslashes - ones)) & highs) != 0;
}

// Copies eight bytes, special or not; true if none was. What was copied too much is written over.
bool copy_word(const char* from, char* to) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    std::memcpy(to, &word, sizeof word);
    return !any_special(word);
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
    if (!room(value.size() + 2)) return;
    *next_++ = '"';
    const char* const end = value.data() + value.size();
    const char* const rest = copy_plain(value.data(), end);
    if (rest != end) escaped({rest, static_cast<std::size_t>(end - rest)});
    raw("\"");
}

void JsonWriter::escaped(std::string_view value) {
    const char* from = value.data();
    const char* const end = from + value.size();
    while (from != end) {
        if (!room(static_cast<std::size_t>(end - from))) return;  // at least so much will come
        from = copy_plain(from, end);
        if (from != end) from = escape_one(from, end);
    }
}

// Copies up to the first byte that needs a look; there is room for all. Returns where it stopped.
const char* JsonWriter::copy_plain(const char* from, const char* end) noexcept {
    constexpr std::ptrdiff_t step = sizeof(std::uint64_t);
    if (end - from >= step) {
        while (end - from >= step && copy_word(from, next_)) {
            from += step;
            next_ += step;
        }
        // The last word overlaps the one before; a special byte in it is found by the loop below.
        if (end - from < step && copy_word(end - step, next_ - (step - (end - from)))) {
            next_ += end - from;
            return end;
        }
    }
    while (from != end && escape_of(*from) == 0) *next_++ = *from++;
    return from;
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
        raw({sequence, sizeof sequence});
    } else {
        const char sequence[] = {'\\', kind};
        raw({sequence, sizeof sequence});
    }
    return from + 1;
}

template <class Number>
void JsonWriter::digits(Number value) {
    constexpr std::size_t longest = 24;  // of 64-bit integers 20, of doubles 24: -2.2250738585072014e-308
    std::array<char, longest> buffer{};
    const bool direct = fits(longest);
    char* const to = direct ? next_ : buffer.data();
    char* const end = std::to_chars(to, to + longest, value).ptr;
    if (direct)
        next_ = end;
    else
        raw({to, static_cast<std::size_t>(end - to)});
}

void JsonWriter::number(std::int64_t value) { digits(value); }
void JsonWriter::number(std::uint64_t value) { digits(value); }

void JsonWriter::number(double value) {
    if (std::isfinite(value))
        digits(value);
    else
        raw("null");
}

void JsonWriter::element(std::string_view value) {
    if (!first_) raw(",");
    first_ = false;
    text(value);
}

std::string_view JsonWriter::finish() {
    while (depth_ > 0) close();
    raw("}\n");
    if (overflowed_) return {};
    return {begin_, static_cast<std::size_t>(next_ - begin_)};
}

}  // namespace outrigger::logging
