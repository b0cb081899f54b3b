// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace outrigger::config {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The address in its canonical text, so that equal addresses are equal strings.
std::optional<std::string> canonical_ip(int family, std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    std::array<char, INET6_ADDRSTRLEN> canonical{};
    if (inet_pton(family, std::string{text}.c_str(), bytes.data()) != 1) return std::nullopt;
    if (!inet_ntop(family, bytes.data(), canonical.data(), canonical.size())) return std::nullopt;
    return std::string{canonical.data()};
}

// Letters, digits, - and _ in labels of 1 to 63, at most 253 in all (RFC 1035; the underscore occurs in
// practice).
bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    if (text.back() == '.') text.remove_suffix(1);
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
    };
    bool numeric = true;   // a last label of digits only would be a mistyped IPv4 address
    for (;;) {
        const std::string_view label = text.substr(0, text.find('.'));
        if (label.empty() || label.size() > 63 || !std::all_of(label.begin(), label.end(), plain))
            return false;
        numeric = std::all_of(label.begin(), label.end(), is_digit);
        if (label.size() == text.size()) return !numeric;
        text.remove_prefix(label.size() + 1);
    }
}

// The two sides of the last colon that is not inside brackets.
std::optional<std::pair<std::string_view, std::string_view>> split_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos)
        return std::nullopt;
    return std::pair{text.substr(0, colon), text.substr(colon + 1)};
}

bool is_ip(std::string_view host) { return canonical_ip(AF_INET, host) || canonical_ip(AF_INET6, host); }

}   // namespace

std::optional<std::string> parse_host(std::string_view text) {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']')
        return canonical_ip(AF_INET6, text.substr(1, text.size() - 2));
    if (auto address = canonical_ip(AF_INET, text)) return address;
    return is_host_name(text) ? std::optional<std::string>{text} : std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    if (text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    return TextFormat<std::uint16_t>::parse(text);
}

std::string bracketed(std::string_view host) {
    const bool v6 = host.find(':') != std::string_view::npos;
    return v6 ? '[' + std::string{host} + ']' : std::string{host};
}

std::optional<Address> Address::parse(std::string_view text) {
    const auto sides = split_port(text);
    if (!sides) return std::nullopt;
    const auto port = parse_port(sides->second);
    if (!port) return std::nullopt;
    if (sides->first.empty()) return Address{{}, *port};
    if (sides->first == "localhost") return Address{"127.0.0.1", *port};
    const auto host = parse_host(sides->first);
    return host && is_ip(*host) ? std::optional{Address{*host, *port}} : std::nullopt;
}

std::string Address::to_text() const { return bracketed(host) + ':' + std::to_string(port); }

bool is_wildcard(std::string_view host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

Destination from_here(const Address& listening) {
    if (!is_wildcard(listening.host)) return {listening.host, listening.port};
    return {listening.host == "::" ? "::1" : "127.0.0.1", listening.port};
}

bool collide(const Address& left, const Address& right) {
    if (left.port != right.port || left.port == 0) return false;
    return left.host == right.host || is_wildcard(left.host) || is_wildcard(right.host);
}

std::optional<Destination> Destination::parse(std::string_view text) {
    const auto sides = split_port(text);
    if (!sides) return std::nullopt;
    auto host = parse_host(sides->first);
    const auto port = parse_port(sides->second);
    if (!host || !port || *port == 0) return std::nullopt;
    return Destination{std::move(*host), *port};
}

std::optional<HostName> HostName::parse(std::string_view text) {
    if (is_ip(std::string{text}) || !is_host_name(text)) return std::nullopt;
    return HostName{std::string{text}};
}

std::string Destination::to_text() const { return bracketed(host) + ':' + std::to_string(port); }

}   // namespace outrigger::config
