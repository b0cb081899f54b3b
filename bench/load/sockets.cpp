// SPDX-License-Identifier: Apache-2.0
#include "bench/load/sockets.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace outrigger::bench {
namespace {

constexpr int backlog = 4096;
constexpr std::string_view unix_prefix = "unix:";

[[noreturn]] void fail_address(std::string_view text) {
    throw std::runtime_error("not an address: " + std::string{text} + " (allowed: IPV4:PORT, unix:/PATH)");
}

Address unix_address(std::string_view path) {
    sockaddr_un name{};
    if (path.empty() || path.size() >= sizeof name.sun_path) fail_address(path);
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, path.size());
    Address address{.length = sizeof name};
    std::memcpy(&address.storage, &name, sizeof name);
    return address;
}

const sockaddr* pointer(const Address& address) {
    return reinterpret_cast<const sockaddr*>(&address.storage);
}

Descriptor open_socket(const Address& address, int flags) {
    Descriptor opened{::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
    if (opened.number() < 0) fail_with_errno("socket");
    return opened;
}

// Small messages must leave at once.
void send_without_delay(const Descriptor& socket, sa_family_t family) {
    const int on = 1;
    if (family == AF_INET) ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

void fail_with_errno(const std::string& what) {
    throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

Address parse_address(std::string_view text) {
    if (text.starts_with(unix_prefix)) return unix_address(text.substr(unix_prefix.size()));
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) fail_address(text);
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    const bool is_host = ::inet_pton(AF_INET, std::string{text.substr(0, colon)}.c_str(), &name.sin_addr) == 1;
    if (!is_host || parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) fail_address(text);
    Address address{.length = sizeof name};
    std::memcpy(&address.storage, &name, sizeof name);
    return address;
}

Descriptor listen_at(const Address& address) {
    Descriptor listener = open_socket(address, SOCK_NONBLOCK);
    const int on = 1;
    ::setsockopt(listener.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto* local = reinterpret_cast<const sockaddr_un*>(&address.storage);
    if (address.storage.ss_family == AF_UNIX) ::unlink(local->sun_path);
    if (::bind(listener.number(), pointer(address), address.length) != 0) fail_with_errno("bind");
    if (::listen(listener.number(), backlog) != 0) fail_with_errno("listen");
    return listener;
}

Descriptor connect_to(const Address& address) {
    Descriptor socket = open_socket(address, 0);
    if (::connect(socket.number(), pointer(address), address.length) != 0) fail_with_errno("connect");
    if (::fcntl(socket.number(), F_SETFL, O_NONBLOCK) != 0) fail_with_errno("fcntl");
    send_without_delay(socket, address.storage.ss_family);
    return socket;
}

std::optional<Descriptor> accept_from(const Descriptor& listener) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const int number =
        ::accept4(listener.number(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (number < 0) {
        if (errno == EAGAIN || errno == ECONNABORTED) return std::nullopt;
        fail_with_errno("accept");
    }
    Descriptor accepted{number};
    send_without_delay(accepted, peer.ss_family);
    return accepted;
}

std::optional<std::size_t> receive(const Descriptor& socket, std::span<char> into) {
    const ssize_t count = ::recv(socket.number(), into.data(), into.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EINTR) return std::nullopt;
    if (errno == ECONNRESET) return 0;
    fail_with_errno("recv");
}

std::size_t send_some(const Descriptor& socket, std::string_view bytes) {
    const ssize_t count = ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail_with_errno("send");
}

}  // namespace outrigger::bench
