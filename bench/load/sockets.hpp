// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>

// The least that the load programs need of the system's sockets. They share no code with the sidecar on purpose: what
// is measured must not measure itself. Whatever fails throws std::runtime_error: a benchmark that stumbles is void.
namespace outrigger::bench {

// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() noexcept = default;
    explicit Descriptor(int number) noexcept : number_{number} {}
    Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_ = -1;
};

// "127.0.0.1:8080" or "unix:/path".
struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};
[[nodiscard]] Address parse_address(std::string_view text);

[[nodiscard]] Descriptor listen_at(const Address& address);
// The connection is made when this returns; from then on it never blocks.
[[nodiscard]] Descriptor connect_to(const Address& address);
// Nothing when nobody waits to be accepted.
[[nodiscard]] std::optional<Descriptor> accept_from(const Descriptor& listener);

// The bytes received; 0 at the end of the stream; nothing if there is nothing to read.
[[nodiscard]] std::optional<std::size_t> receive(const Descriptor& socket, std::span<char> into);
// The bytes that the kernel took: fewer than given when the peer does not read.
[[nodiscard]] std::size_t send_some(const Descriptor& socket, std::string_view bytes);

[[noreturn]] void fail_with_errno(const std::string& what);

}  // namespace outrigger::bench
