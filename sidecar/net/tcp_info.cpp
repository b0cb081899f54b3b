// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/tcp_info.hpp"

// Not <netinet/tcp.h>: its tcp_info ends before the field that is wanted here.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace outrigger::net {

std::optional<std::uint64_t> tcp_bytes_acknowledged(int fd) noexcept {
    constexpr std::size_t needed = offsetof(tcp_info, tcpi_bytes_acked) + sizeof(tcp_info::tcpi_bytes_acked);
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < needed) return std::nullopt;
    return info.tcpi_bytes_acked;
}

}   // namespace outrigger::net
