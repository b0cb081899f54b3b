// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <outrigger/core/utf8.hpp>

namespace outrigger::metrics {

inline constexpr std::size_t number_max = 32;   // bytes; -2.2250738585072014e-308 has 24

// As short as can be while it reads back as the same number, in any locale; whole numbers without an exponent. Returns
// the end; there must be room for number_max bytes.
template <class Number>
char* write_number(char* at, Number value) {
    return std::to_chars(at, at + number_max, value).ptr;
}
inline char* write_number(char* at, double value) {
    if (!std::isfinite(value)) {
        const std::string_view word = std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        std::memcpy(at, word.data(), word.size());
        return at + word.size();
    }
    constexpr double exact = 9'007'199'254'740'992.0;   // 2^53: whole numbers below are exact
    if (value > -exact && value < exact) {
        const auto whole = static_cast<std::int64_t>(value);
        const bool minus_zero = whole == 0 && std::signbit(value);
        if (static_cast<double>(whole) == value && !minus_zero) return write_number(at, whole);
    }
    return std::to_chars(at, at + number_max, value).ptr;
}

// A text page as it grows. Parts go into a block first and from there into the page, because appending a few bytes to a
// std::string costs more than writing them.
class PageBuffer {
public:
    void add(std::string_view text) {
        if (text.size() > block_size - used_) {
            flush();
            if (text.size() > block_size) {
                page_.append(text);
                return;
            }
        }
        text.copy(block_.get() + used_, text.size());
        used_ += text.size();
    }
    // How long the page will be, about: a page of megabytes that grows by itself is copied, and its memory touched,
    // twice.
    void reserve(std::size_t bytes) { page_.reserve(bytes); }
    void add(char c) {
        if (used_ == block_size) flush();
        block_[used_++] = c;
    }

    template <class Number>
    void number(Number value) {
        if (block_size - used_ < number_max) flush();
        char* const at = block_.get() + used_;
        used_ += static_cast<std::size_t>(write_number(at, value) - at);
    }

    // The beginning of a sample's line, in text and in OpenMetrics: name{labels} value. The labels are as a series keeps
    // them, escaped.
    template <class Number>
    void sample(std::string_view name, std::string_view labels, Number value) {
        add(name);
        if (!labels.empty()) {
            add('{');
            add(labels);
            add('}');
        }
        add(' ');
        number(value);
    }

    // Bytes that are not UTF-8 become U+FFFD; backslash, newline and, if asked for, quotes are escaped.
    void escaped(std::string_view text, bool quotes) {
        while (!text.empty()) {
            const char c = text.front();
            const Utf8Step step = utf8_step(text);
            if (c == '\n')
                add("\\n");
            else if (c == '\\' || (c == '"' && quotes))
                add('\\'), add(c);
            else
                add(step.valid ? text.substr(0, step.length) : utf8_replacement);
            text.remove_prefix(step.length);
        }
    }

    [[nodiscard]] std::string take() && {
        flush();
        return std::move(page_);
    }

private:
    static constexpr std::size_t block_size = 32 * 1024;

    void flush() {
        page_.append(block_.get(), used_);
        used_ = 0;
    }

    std::string page_;
    std::unique_ptr<char[]> block_ = std::make_unique_for_overwrite<char[]>(block_size);
    std::size_t used_ = 0;
};

// A number as OpenMetrics writes bounds and quantiles, so that the label says the same as what Prometheus itself makes
// of a protobuf page: with a point or an exponent, the latter below 1e-4 and from 1e+06 on, of two digits at least.
[[nodiscard]] inline std::string canonical_number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::array<char, 64> text;
    char* const begin = text.data();
    char* const end = begin + text.size();
    const double size = std::fabs(value);
    const bool with_exponent = size != 0.0 && (size < 1e-4 || size >= 1e6);
    const auto format = with_exponent ? std::chars_format::scientific : std::chars_format::fixed;
    char* const last = std::to_chars(begin, end, value, format).ptr;
    std::string result{begin, last};
    if (!with_exponent && result.find('.') == std::string::npos) result += ".0";
    return result;
}

}  // namespace outrigger::metrics
