// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/text_format.hpp>

// Places on the network, as settings name them. Values only: nothing here resolves or connects.
namespace outrigger::config {

// Where to listen: an IP address in its plain form (IPv6 without brackets) and a port; port 0: any free one.
// An empty host is every address of the machine, IPv4 and IPv6 (written `:8080`). `localhost` is read as
// 127.0.0.1.
struct Address {
    std::string host;
    std::uint16_t port = 0;
    friend bool operator==(const Address&, const Address&) = default;

    static std::optional<Address> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const;
    static constexpr std::string_view noun = "an address";
    static constexpr std::string_view example = "0.0.0.0:8080, :8080 or [::1]:8080";
    static constexpr std::string_view pattern = "^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]*|localhost):[0-9]{1,5}$";
};

// Does a listener on this host answer on every address of the machine? "", "0.0.0.0", "::".
[[nodiscard]] bool is_wildcard(std::string_view host);
// Would both want the same port of the same interface? Port 0 meets nobody.
[[nodiscard]] bool collide(const Address& left, const Address& right);

struct Destination;
// Where this machine itself reaches a listener on that address: a wildcard on loopback.
[[nodiscard]] Destination from_here(const Address& listening);

// Where to connect: an IP address or a host name, and a port that is not 0.
struct Destination {
    std::string host;
    std::uint16_t port = 0;
    friend bool operator==(const Destination&, const Destination&) = default;

    static std::optional<Destination> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const;
    static constexpr std::string_view noun = "host:port";
    static constexpr std::string_view example = "127.0.0.1:9300 or search:9300";
    static constexpr std::string_view pattern = "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$";
};

// A host name alone.
struct HostName {
    std::string name;
    friend bool operator==(const HostName&, const HostName&) = default;

    static std::optional<HostName> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const { return name; }
    static constexpr std::string_view noun = "a host name";
    static constexpr std::string_view example = "search or users.shop.svc.cluster.local";
    static constexpr std::string_view pattern = "^[A-Za-z0-9._-]+$";
};

// `host` or `[host]` as in host:port: an IP address in its plain form, or a host name; nothing if it is
// neither.
[[nodiscard]] std::optional<std::string> parse_host(std::string_view text);
// 0 to 65535 in decimal digits.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text);
// The inverse of parse_host: brackets around IPv6.
[[nodiscard]] std::string bracketed(std::string_view host);

}   // namespace outrigger::config
