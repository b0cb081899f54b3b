// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sidecar/config/address.hpp"
#include "sidecar/net/fd.hpp"
#include "sidecar/net/socket.hpp"

namespace outrigger::sidecar {

// The addresses of a host, numeric or looked up. Throws StartError, which names the setting.
[[nodiscard]] std::vector<net::SocketAddress> resolved(const std::string& host, std::uint16_t port,
                                                       const std::string& setting);

// `count` listening sockets on the same port. `flag`: that says the same on the command line; null: there is none.
// Throws StartError, which names the setting and what to do.
[[nodiscard]] std::vector<net::Fd> listening_sockets(const config::Address& address, std::size_t count,
                                                     const std::string& setting, const char* flag = nullptr);

}  // namespace outrigger::sidecar
