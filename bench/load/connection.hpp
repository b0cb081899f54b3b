// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <outrigger/core/clock.hpp>

#include "bench/load/sockets.hpp"

namespace outrigger::bench {

enum class Side : std::uint8_t { caller, origin, listener };

// A socket of the loop and the beginning of the message that it is receiving. At most one message is under way.
struct Connection {
    Side side = Side::caller;
    Descriptor socket;
    Instant asked{};             // caller: when its request left, or was due to leave
    std::uint64_t number = 0;    // caller: of its request
    std::size_t filled = 0;
    std::array<char, 8192> buffer;

    Connection(Side which, Descriptor connected) : side{which}, socket{std::move(connected)} {}

    [[nodiscard]] std::string_view received() const noexcept { return {buffer.data(), filled}; }

    // One recv: a message never fills the buffer, so a short read has drained the socket.
    void receive_more() { filled += receive(socket, std::span{buffer}.subspan(filled)).value_or(0); }
};

}  // namespace outrigger::bench
