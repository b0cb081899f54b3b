// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/json_writer.hpp>
#include "json_escape.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace outrigger::logging {
namespace {

constexpr std::size_t first_size = 1024;  // of a growing buffer: most lines fit

// Most numbers with a point are prices, shares, seconds: between a thousandth and a hundred thousand, with at most six
// digits behind the point. Those are quickly written, and come out as std::to_chars would write them, which takes ten
// times as long: a decimal of at most 15 digits is the only one so short that reads back as its double, and in that
// range no exponent makes it shorter.
class ShortDecimal {
public:
    explicit ShortDecimal(double value) noexcept {
        constexpr double scale = 1e6;
        if (!(value >= 0.001 && value < 100'000.0)) return;
        const auto scaled = static_cast<std::uint64_t>(value * scale + 0.5);
        if (static_cast<double>(scaled) / scale != value) return;   // a division rounds to the nearest, as readers do
        write(scaled);
    }
    [[nodiscard]] bool exact() const noexcept { return size_ != 0; }
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    void write(std::uint64_t scaled) noexcept {
        constexpr std::uint64_t one = 1'000'000;
        char* end = std::to_chars(text_.data(), text_.data() + 5, scaled / one).ptr;
        std::uint64_t rest = scaled % one;
        if (rest != 0) *end++ = '.';
        for (std::uint64_t digit = one / 10; rest != 0; rest %= digit, digit /= 10)
            *end++ = static_cast<char>('0' + rest / digit);
        size_ = static_cast<std::size_t>(end - text_.data());
    }
    std::array<char, 12> text_;
    std::size_t size_ = 0;
};

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
    if (!fits(value.size() + 3) || !copy_plain_json(value.data(), value.size(), to + 1)) return text_with_care(value);
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
    if (fits(value.size()) && copy_plain_json(value.data(), value.size(), next_)) {
        next_ += value.size();
        return;
    }
    const char* from = value.data();
    const char* const end = from + value.size();
    while (from != end) {
        if (!room(static_cast<std::size_t>(end - from))) return;  // at least so much will come
        while (from != end && json_escape_of(*from) == 0) *next_++ = *from++;
        if (from != end) from = escape_one(from, end);
    }
}

// Writes what stands for the bytes at `from`; returns what follows them.
const char* JsonWriter::escape_one(const char* from, const char* end) {
    std::array<char, json_escape_max> buffer;
    const JsonEscaped escaped = escape_json(from, end, buffer.data());
    raw(std::string_view{buffer.data(), static_cast<std::size_t>(escaped.to - buffer.data())});
    return escaped.from;
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
    if (const ShortDecimal decimal{value}; decimal.exact())
        members(decimal.text());
    else if (std::isfinite(value))
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
