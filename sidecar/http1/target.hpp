// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/message.hpp"
#include "sidecar/http1/refusals.hpp"
#include "sidecar/http1/scan.hpp"

#include <string_view>

// The request target (RFC 9112 section 3.2) and the authority in it or in Host. Private to the codec.
namespace outrigger::http1 {

[[nodiscard]] constexpr bool valid_port(std::string_view digits) noexcept {
    unsigned port = 0;
    for (const char byte : digits) {
        if (!is(byte, char_class::digit) || port > 6553) return false;
        port = port * 10 + static_cast<unsigned>(byte - '0');
    }
    return port <= 65535;
}

// The length of the host at the start of `authority`; 0 where there is none.
[[nodiscard]] inline std::size_t host_length(std::string_view authority) noexcept {
    const char* const begin = authority.data();
    const char* const end = begin + authority.size();
    if (authority.starts_with('[')) {  // an IPv6 literal; no zone, no future versions
        const char* at = begin + 1;
        while (at != end && (is(*at, char_class::hex) || *at == ':' || *at == '.')) ++at;
        return at - begin > 2 && at != end && *at == ']' ? static_cast<std::size_t>(at - begin) + 1 : 0;
    }
    for (const char* at = begin;; at += 3) {
        at = skip_reg_name(at, end);
        const bool encoded =
            end - at >= 3 && *at == '%' && is(at[1], char_class::hex) && is(at[2], char_class::hex);
        if (!encoded) return static_cast<std::size_t>(at - begin);
    }
}

enum class Port : std::uint8_t { optional, required };

// host [":" port], without user information: that is refused, as RFC 9110 section 4.2.4 asks.
[[nodiscard]] inline bool valid_authority(std::string_view authority, Port port) noexcept {
    const std::size_t host = host_length(authority);
    if (host == 0) return false;
    if (host == authority.size()) return port == Port::optional;
    if (authority[host] != ':' || !valid_port(authority.substr(host + 1))) return false;
    return port == Port::optional || host + 1 < authority.size();
}

[[nodiscard]] inline Refusal read_absolute_form(RequestHead& head) noexcept {
    static constexpr KnownName http = "http";
    static constexpr KnownName https = "https";
    const std::size_t colon = head.target.find("://");
    if (colon == std::string_view::npos) return &refusals::target_form;
    const std::string_view scheme = head.target.substr(0, colon);
    if (!http.is(scheme) && !https.is(scheme)) return &refusals::target_scheme;
    const std::string_view rest = head.target.substr(colon + 3);
    const std::size_t path = rest.find_first_of("/?");
    head.host = rest.substr(0, path);
    if (!valid_authority(head.host, Port::optional)) return &refusals::target_authority;
    if (path == std::string_view::npos) {
        head.path = head.method == "OPTIONS" ? "*" : "/";  // RFC 9112 section 3.2.4
        return nullptr;
    }
    if (rest[path] == '?') return &refusals::target_no_path;  // "/?query" is nowhere in the bytes to point to
    head.path = rest.substr(path);
    return nullptr;
}

// Reads head.target, whose bytes are all of class target, into head.path and, where it says so, head.host.
[[nodiscard]] inline Refusal read_target(RequestHead& head) noexcept {
    if (head.method == "CONNECT") {
        head.host = head.path = head.target;
        return valid_authority(head.target, Port::required) ? nullptr : &refusals::connect_target;
    }
    if (head.target.front() == '/') {
        head.path = head.target;
        return nullptr;
    }
    if (head.target == "*") {
        head.path = head.target;
        return head.method == "OPTIONS" ? nullptr : &refusals::asterisk;
    }
    return read_absolute_form(head);
}

}  // namespace outrigger::http1
