// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>

#include "sidecar/net/fd.hpp"

namespace outrigger::net {

struct SocketAddress;

// An IP address and a port in 20 bytes: who is at a connection's other end. Empty where that is a unix socket.
class IpPort {
public:
    IpPort() noexcept = default;
    explicit IpPort(const SocketAddress& address) noexcept;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    // 127.0.0.0/8, ::1, IPv4-mapped loopback; and what has no IP address is on this machine too.
    [[nodiscard]] bool is_loopback() const noexcept;
    // An IPv4-mapped IPv6 address as IPv4. Views into `buffer` of at least INET6_ADDRSTRLEN bytes; empty where there is none.
    [[nodiscard]] std::string_view host(std::span<char> buffer) const noexcept;

private:
    enum class Kind : std::uint8_t { none, v4, v6 };
    Kind kind_ = Kind::none;
    std::uint16_t port_ = 0;
    std::array<unsigned char, 16> bytes_{};   // in network order; of IPv4 the first four
};

// A socket's address of any kind. A value; empty (length 0) until filled.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] sockaddr* raw() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
    [[nodiscard]] std::uint16_t port() const noexcept { return IpPort{*this}.port(); }
    void set_port(std::uint16_t port) noexcept;
    [[nodiscard]] bool is_loopback() const noexcept { return IpPort{*this}.is_loopback(); }
    [[nodiscard]] std::string_view host(std::span<char> buffer) const noexcept { return IpPort{*this}.host(buffer); }
    // "127.0.0.1:80", "[::1]:80", "unix:/run/app.sock"
    [[nodiscard]] std::string text() const;
};

// Looks a name or a numeric address up. Blocks: for starting only. An empty host is the wildcard, both families.
// Fault: dns_failed.
[[nodiscard]] Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port);

// An IPv4 or IPv6 address in numbers, without brackets; nothing for what must be looked up. Asks nobody.
[[nodiscard]] std::optional<SocketAddress> numeric_address(const std::string& host, std::uint16_t port) noexcept;

// Of a unix-domain socket with a path. Fault: connect_failed when the path is empty or longer than the 107 bytes that
// fit (unix(7)).
[[nodiscard]] Result<SocketAddress> unix_address(std::string_view path) noexcept;

// Binds and listens, non-blocking. `shared`: with SO_REUSEPORT, one listener per worker. An IPv6 wildcard takes IPv4
// too. Fault: connect_failed with errno.
[[nodiscard]] Result<Fd> listen_on(const SocketAddress& address, bool shared);
// Whether a listener could be bound here now: with SO_REUSEADDR and without SO_REUSEPORT, so that another process of
// ours that shares the port is seen too. Closes the socket again.
[[nodiscard]] Result<void> probe_bind(const SocketAddress& address);
[[nodiscard]] SocketAddress local_address(int fd) noexcept;
// Asks peers that are silent for so long (at least a second) whether they are still there, and breaks the connection
// when three questions, a third of that time apart, have no answer. Of a listener: for all that it accepts from then
// on.
void probe_silent_peers(int fd, Duration silence) noexcept;

}  // namespace outrigger::net
