// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace outrigger::net {

// How many bytes of what this socket has sent were acknowledged by the peer's machine since the connection began
// (TCP_INFO, tcpi_bytes_acked, Linux 4.1 and later). Nothing for another kind of socket.
[[nodiscard]] std::optional<std::uint64_t> tcp_bytes_acknowledged(int fd) noexcept;

}   // namespace outrigger::net
