// SPDX-License-Identifier: Apache-2.0
#include "forwarded_client.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace outrigger::middleware {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_address(std::string_view text, int family) noexcept {
    std::array<char, INET6_ADDRSTRLEN> copy{};
    std::array<unsigned char, sizeof(in6_addr)> parsed;
    if (text.size() >= copy.size()) return false;
    std::copy(text.begin(), text.end(), copy.begin());
    return ::inet_pton(family, copy.data(), parsed.data()) == 1;
}

// "10.0.0.9", "10.0.0.9:51234", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:51234"
std::string_view address_in(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        const std::string_view inner = text.substr(1, text.find(']') - 1);
        return is_address(inner, AF_INET6) ? inner : std::string_view{};
    }
    if (is_address(text, AF_INET6)) return text;
    const std::string_view before_port = text.substr(0, text.find(':'));
    return is_address(before_port, AF_INET) ? before_port : std::string_view{};
}

}   // namespace

std::string_view forwarded_client(std::string_view forwarded_for, std::uint32_t proxies) noexcept {
    if (proxies == 0 || forwarded_for.empty()) return {};
    for (std::uint32_t left = proxies;;) {
        const auto comma = forwarded_for.rfind(',');
        if (--left == 0) return address_in(trimmed(forwarded_for.substr(comma + 1)));   // npos + 1 is 0
        if (comma == std::string_view::npos) return {};
        forwarded_for = forwarded_for.substr(0, comma);
    }
}

}   // namespace outrigger::middleware
