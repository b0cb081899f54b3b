// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/json_writer.hpp>
#include "utf8.hpp"

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

// The first byte that cannot be copied as it is.
const char* plain_end(const char* from, const char* end) noexcept {
    while (end - from >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, from, sizeof word);
        if (any_special(word)) break;
        from += 8;
    }
    while (from != end && escape_of(*from) == 0) ++from;
    return from;
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

bool JsonWriter::room(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - next_) >= bytes) return true;
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

void JsonWriter::raw(std::string_view bytes) {
    if (bytes.empty() || !room(bytes.size())) return;
    std::memcpy(next_, bytes.data(), bytes.size());
    next_ += bytes.size();
}

void JsonWriter::name(std::string_view key) {
    if (!room(key.size() + 4)) return;
    if (!first_) *next_++ = ',';
    first_ = false;
    *next_++ = '"';
    std::memcpy(next_, key.data(), key.size());
    next_ += key.size();
    *next_++ = '"';
    *next_++ = ':';
}

void JsonWriter::text(std::string_view value) {
    raw("\"");
    escaped(value);
    raw("\"");
}

void JsonWriter::escaped(std::string_view value) {
    const char* from = value.data();
    const char* const end = from + value.size();
    while (from != end) {
        const char* const plain = plain_end(from, end);
        raw({from, static_cast<std::size_t>(plain - from)});
        from = plain == end ? end : escape_one(plain, end);
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
        raw({sequence, sizeof sequence});
    } else {
        const char sequence[] = {'\\', kind};
        raw({sequence, sizeof sequence});
    }
    return from + 1;
}

namespace {

template <class Number>
std::string_view digits(std::array<char, 32>& buffer, Number value) noexcept {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

}  // namespace

void JsonWriter::number(std::int64_t value) {
    std::array<char, 32> buffer;
    raw(digits(buffer, value));
}

void JsonWriter::number(std::uint64_t value) {
    std::array<char, 32> buffer;
    raw(digits(buffer, value));
}

void JsonWriter::number(double value) {
    std::array<char, 32> buffer;
    raw(std::isfinite(value) ? digits(buffer, value) : "null");
}

void JsonWriter::enter(char opening, char closing) {
    raw({&opening, 1});
    first_ = true;
    if (depth_ < depth_max)
        closings_[depth_] = closing;
    else
        overflowed_ = true;
    ++depth_;
}

void JsonWriter::open(JsonKey key) {
    name(key.name());
    enter('{', '}');
}

void JsonWriter::open_array(JsonKey key) {
    name(key.name());
    enter('[', ']');
}

void JsonWriter::element(std::string_view value) {
    if (!first_) raw(",");
    first_ = false;
    text(value);
}

void JsonWriter::close() {
    if (depth_ == 0) return;
    --depth_;
    if (depth_ < depth_max) raw({&closings_[depth_], 1});
    first_ = false;
}

std::string_view JsonWriter::finish() {
    while (depth_ > 0) close();
    raw("}\n");
    if (overflowed_) return {};
    return {begin_, static_cast<std::size_t>(next_ - begin_)};
}

}  // namespace outrigger::logging
