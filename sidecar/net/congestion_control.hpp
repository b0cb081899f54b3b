// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/tcp.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "sidecar/net/socket.hpp"

namespace outrigger::net {

// The congestion control of TCP sockets, TCP_CONGESTION of tcp(7). Within a machine nothing is ever congested, yet bbr
// paces what it sends and sets a timer for each segment: 6% of what a proxied request costs. So where it is what sockets
// begin with, connections over loopback get Reno, which each kernel has and allows everyone. It must be chosen before a
// connection stands: one that was paced once remains so. Any other default, sockets of other kinds, and what cannot be
// changed are left alone: bbr is never wrong, only slower.
class CongestionControl {
public:
    // That of a socket; empty where there is none.
    [[nodiscard]] static CongestionControl of(int fd) noexcept;
    [[nodiscard]] std::string_view name() const noexcept { return {name_.data(), size_}; }
    [[nodiscard]] bool paces() const noexcept { return name().starts_with("bbr"); }
    void choose_for(int fd) const noexcept;

    // For a socket that will connect to this address.
    static void before_connecting(int fd, const SocketAddress& to) noexcept;

private:
    static constexpr std::size_t longest = 16;   // TCP_CA_NAME_MAX of the kernel
    std::array<char, longest> name_{};
    std::size_t size_ = 0;
};

// A listener's: it hands Reno down to what it accepts, so who comes from elsewhere gets back what the listener had (even
// where a route says Reno too: ip-route(8), congctl). A process that may not choose that again leaves it.
class ListenersCongestionControl {
public:
    explicit ListenersCongestionControl(int listening) noexcept;
    void accepted(int fd, const IpPort& from) const noexcept;

private:
    CongestionControl machines_;   // empty: there is nothing to give back
};

}   // namespace outrigger::net
