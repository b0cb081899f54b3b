// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/tcp.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "sidecar/net/socket.hpp"

namespace outrigger::net {

// The congestion control of TCP sockets, TCP_CONGESTION of tcp(7). Within a machine nothing is ever congested, yet a
// default that paces what it sends, as bbr does, sets a timer for each segment: some 5% of what a proxied request
// costs. So connections over loopback get Reno, which each kernel has and allows everyone. It must be chosen before a
// connection stands: one that was paced once remains so. Sockets of other kinds are left alone, failures are ignored:
// the machine's default is never wrong, only slower.
class CongestionControl {
public:
    // That of a socket; empty where there is none.
    [[nodiscard]] static CongestionControl of(int fd) noexcept;
    [[nodiscard]] std::string_view name() const noexcept { return {name_.data(), size_}; }
    void choose_for(int fd) const noexcept;

    // For a socket that will connect to this address.
    static void before_connecting(int fd, const SocketAddress& to) noexcept;

private:
    static constexpr std::size_t longest = 16;   // TCP_CA_NAME_MAX of the kernel
    std::array<char, longest> name_{};
    std::size_t size_ = 0;
};

// A listener's: it hands Reno down to what it accepts, so who comes from elsewhere gets back what the listener had.
class ListenersCongestionControl {
public:
    explicit ListenersCongestionControl(int listening) noexcept;
    void accepted(int fd, const IpPort& from) const noexcept;

private:
    CongestionControl machines_;   // empty: there is nothing to give back
};

}   // namespace outrigger::net
