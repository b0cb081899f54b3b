// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace outrigger::net {
namespace {

constexpr int listen_backlog = 4096;   // the kernel caps it at net.core.somaxconn

const sockaddr_in& v4(const SocketAddress& address) noexcept {
    return *reinterpret_cast<const sockaddr_in*>(&address.storage);
}
const sockaddr_in6& v6(const SocketAddress& address) noexcept {
    return *reinterpret_cast<const sockaddr_in6*>(&address.storage);
}

// "0." to "255.": a byte of an address with the point behind it.
struct DottedByte {
    std::array<char, 4> text;
    std::uint8_t size;   // the point included
};
constexpr auto dotted_bytes = [] {
    std::array<DottedByte, 256> all{};
    for (std::size_t value = 0; value < all.size(); ++value) {
        DottedByte& byte = all[value];
        if (value >= 100) byte.text[byte.size++] = static_cast<char>('0' + value / 100);
        if (value >= 10) byte.text[byte.size++] = static_cast<char>('0' + value / 10 % 10);
        byte.text[byte.size++] = static_cast<char>('0' + value % 10);
        byte.text[byte.size++] = '.';
    }
    return all;
}();

// Four bytes as "127.0.0.1"; empty if the longest would not fit. Every request names its caller, and inet_ntop() goes
// through snprintf().
std::string_view dotted(const unsigned char* parts, std::span<char> buffer) noexcept {
    if (buffer.size() < INET_ADDRSTRLEN) return {};   // 16: the last point takes the place of the NUL
    char* at = buffer.data();
    for (std::size_t i = 0; i < 4; ++i) {
        const DottedByte& byte = dotted_bytes[parts[i]];
        std::memcpy(at, byte.text.data(), byte.text.size());
        at += byte.size;
    }
    return {buffer.data(), static_cast<std::size_t>(at - buffer.data()) - 1};
}

Fault socket_fault(std::string_view what) noexcept { return Fault{Reason::connect_failed, what, errno}; }

Result<Fd> bound_socket(const SocketAddress& address, bool shared) {
    Fd fd{::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd.valid()) return socket_fault("socket");
    const int on = 1;
    const int off = 0;
    ::setsockopt(fd.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared && ::setsockopt(fd.number(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
        return socket_fault("SO_REUSEPORT");
    if (address.storage.ss_family == AF_INET6)
        ::setsockopt(fd.number(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(fd.number(), address.raw(), address.length) != 0) return socket_fault("bind");
    return fd;
}

}  // namespace

IpPort::IpPort(const SocketAddress& address) noexcept {
    if (address.storage.ss_family == AF_INET) {
        kind_ = Kind::v4;
        port_ = ntohs(v4(address).sin_port);
        std::memcpy(bytes_.data(), &v4(address).sin_addr, 4);
    } else if (address.storage.ss_family == AF_INET6) {
        const in6_addr& host = v6(address).sin6_addr;
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&host);
        kind_ = mapped ? Kind::v4 : Kind::v6;
        port_ = ntohs(v6(address).sin6_port);
        std::memcpy(bytes_.data(), mapped ? &host.s6_addr[12] : &host.s6_addr[0], mapped ? 4 : 16);
    }
}

bool IpPort::is_loopback() const noexcept {
    constexpr std::array<unsigned char, 16> v6_loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    switch (kind_) {
        case Kind::none: return true;
        case Kind::v4: return bytes_[0] == 127;
        case Kind::v6: return bytes_ == v6_loopback;
    }
    return false;
}

std::string_view IpPort::host(std::span<char> buffer) const noexcept {
    if (kind_ == Kind::none) return {};
    if (kind_ == Kind::v4) return dotted(bytes_.data(), buffer);
    const char* text = ::inet_ntop(AF_INET6, bytes_.data(), buffer.data(), static_cast<socklen_t>(buffer.size()));
    return text ? std::string_view{text} : std::string_view{};
}

void SocketAddress::set_port(std::uint16_t port) noexcept {
    if (storage.ss_family == AF_INET6)
        reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port = htons(port);
    else
        reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port);
}

std::string SocketAddress::text() const {
    if (storage.ss_family == AF_UNIX)
        return std::string{"unix:"} + reinterpret_cast<const sockaddr_un*>(&storage)->sun_path;
    std::array<char, INET6_ADDRSTRLEN> buffer;
    const std::string_view name = host(buffer);
    const bool bracketed = name.find(':') != std::string_view::npos;
    std::string result;
    if (bracketed) result += '[';
    result += name;
    if (bracketed) result += ']';
    return result + ':' + std::to_string(port());
}

Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port) {
    if (host.empty()) {
        SocketAddress any;
        auto& wildcard = *reinterpret_cast<sockaddr_in6*>(&any.storage);
        wildcard.sin6_family = AF_INET6;
        wildcard.sin6_port = htons(port);
        any.length = sizeof(sockaddr_in6);
        SocketAddress any4;
        auto& wildcard4 = *reinterpret_cast<sockaddr_in*>(&any4.storage);
        wildcard4.sin_family = AF_INET;
        wildcard4.sin_port = htons(port);
        any4.length = sizeof(sockaddr_in);
        return std::vector{any, any4};   // the second for machines without IPv6
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (code != 0) return Fault{Reason::dns_failed, ::gai_strerror(code), code == EAI_SYSTEM ? errno : 0};
    std::vector<SocketAddress> addresses;
    for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
        SocketAddress address;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        address.length = entry->ai_addrlen;
        addresses.push_back(address);
    }
    ::freeaddrinfo(found);
    return addresses;
}

std::optional<SocketAddress> numeric_address(const std::string& host, std::uint16_t port) noexcept {
    SocketAddress address;
    if (::inet_pton(AF_INET, host.c_str(), &reinterpret_cast<sockaddr_in&>(address.storage).sin_addr) == 1) {
        address.storage.ss_family = AF_INET;
        address.length = sizeof(sockaddr_in);
    } else if (::inet_pton(AF_INET6, host.c_str(), &reinterpret_cast<sockaddr_in6&>(address.storage).sin6_addr) == 1) {
        address.storage.ss_family = AF_INET6;
        address.length = sizeof(sockaddr_in6);
    } else {
        return std::nullopt;
    }
    address.set_port(port);
    return address;
}

Result<SocketAddress> unix_address(std::string_view path) noexcept {
    SocketAddress address;
    auto& place = *reinterpret_cast<sockaddr_un*>(&address.storage);
    if (path.empty() || path.size() >= sizeof place.sun_path)
        return Fault{Reason::connect_failed, "a unix socket's path has 1 to 107 bytes"};
    place.sun_family = AF_UNIX;
    std::memcpy(place.sun_path, path.data(), path.size());   // the storage is zeroed: it ends with a NUL
    address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return address;
}

Result<Fd> listen_on(const SocketAddress& address, bool shared) {
    auto fd = bound_socket(address, shared);
    if (fd && ::listen(fd->number(), listen_backlog) != 0) return socket_fault("listen");
    return fd;
}

Result<void> probe_bind(const SocketAddress& address) {
    auto fd = bound_socket(address, false);
    if (!fd) return fd.error();
    // bind() alone succeeds beside a listener that has SO_REUSEADDR too; listen() does not.
    if (::listen(fd->number(), 1) != 0) return socket_fault("listen");
    return {};
}

void probe_silent_peers(int fd, Duration silence) noexcept {
    const int on = 1;
    const int probes = 3;
    const auto idle = static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(silence).count());
    const int apart = std::max(1, idle / probes);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &apart, sizeof apart);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

SocketAddress local_address(int fd) noexcept {
    SocketAddress address;
    address.length = sizeof address.storage;
    ::getsockname(fd, address.raw(), &address.length);
    return address;
}

}  // namespace outrigger::net
