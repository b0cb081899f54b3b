// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/trace.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace outrigger::proxy {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool lower_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return hex_digits.find(c) != std::string_view::npos; });
}
bool all_zero(std::string_view text) noexcept { return text.find_first_not_of('0') == std::string_view::npos; }

void write_hex(std::span<char> place, Rng& rng) noexcept {
    do {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < place.size(); ++i, word >>= 4) {
            if (i % 16 == 0) word = rng();
            place[i] = hex_digits[word & 0xf];
        }
    } while (all_zero({place.data(), place.size()}));   // all zeros is not a valid id
}

}  // namespace

bool TraceContext::valid(std::string_view header) noexcept {
    if (header.size() < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-') return false;
    const std::string_view version = header.substr(0, 2);
    if (!lower_hex(version) || version == "ff") return false;
    // Version 00 ends here; a later one may go on after another dash.
    if (header.size() > 55 && (version == "00" || header[55] != '-')) return false;
    const std::string_view trace = header.substr(3, 32);
    const std::string_view span = header.substr(36, 16);
    return lower_hex(trace) && !all_zero(trace) && lower_hex(span) && !all_zero(span) && lower_hex(header.substr(53, 2));
}

TraceContext::TraceContext(std::string_view header, Rng& rng) noexcept : continued_{valid(header)} {
    const std::span<char> text{text_};
    text_[0] = text_[1] = '0';
    text_[2] = text_[35] = text_[52] = '-';
    if (continued_) {
        std::copy_n(header.begin() + 3, 32, text_.begin() + 3);
        std::copy_n(header.begin() + 36, 16, parent_.begin());
        std::copy_n(header.begin() + 53, 2, text_.begin() + 53);
    } else {
        write_hex(text.subspan(3, 32), rng);
        text_[53] = '0';
        text_[54] = '1';   // sampled
    }
    write_hex(text.subspan(36, 16), rng);
}

std::array<char, 32> random_id(Rng& rng) noexcept {
    std::array<char, 32> id;
    write_hex(id, rng);
    return id;
}

bool acceptable_request_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace outrigger::proxy
