// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <netinet/in.h>

#include "sidecar/upstream/endpoint.hpp"

namespace outrigger::upstream {

// 10.0.0.<last>:80
inline net::SocketAddress address_ending(std::uint8_t last, std::uint16_t port = 80) {
    net::SocketAddress address;
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(0x0a000000U + last);
    v4.sin_port = htons(port);
    address.length = sizeof v4;
    return address;
}

// 10.0.0.1:80, 10.0.0.2:80 ...
inline std::shared_ptr<const EndpointList> some_endpoints(std::size_t count, std::optional<Instant> joined = {}) {
    auto list = std::make_shared<EndpointList>();
    for (std::size_t i = 1; i <= count; ++i)
        list->all.push_back(std::make_shared<Endpoint>(EndpointId{i}, address_ending(static_cast<std::uint8_t>(i)), joined));
    return list;
}

}   // namespace outrigger::upstream
