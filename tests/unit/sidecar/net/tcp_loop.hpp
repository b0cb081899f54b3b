// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::net {

inline SocketAddress loopback(std::uint16_t port = 0) { return resolve("127.0.0.1", port).value().front(); }

// Both ends of a TCP connection, on one loop.
class TcpLoop : public RealLoop {
protected:
    Acceptor acceptor{loop, std::move(*listen_on(loopback(), false))};
    std::unique_ptr<Stream> ours;
    std::unique_ptr<Stream> theirs;
    IpPort peer;

    // Both ends of a connection, as ours and theirs.
    Task<void> connected() {
        Result<std::unique_ptr<Stream>> made = co_await connect(loop, acceptor.address(), soon());
        if (!made) co_return ADD_FAILURE() << made.error().detail;
        ours = std::move(*made);
        (void)co_await acceptor.acceptable().wait(soon());
        auto accepted = acceptor.try_accept();
        if (!accepted || !*accepted) co_return ADD_FAILURE() << "nobody was there to accept";
        theirs = std::move((*accepted)->stream);
        peer = (*accepted)->peer;
    }
    // Until the gate opens: true.
    Task<bool> opens(Gate& gate) {
        Result<void> opened = co_await gate.wait(soon());
        co_return opened.has_value();
    }
    // Until the loop has told the stream that its peer has closed.
    Task<void> told(Stream& stream) {
        const Instant end = soon().deadline;
        while (!stream.peer_has_closed() && clock.now() < end) co_await Yield{scheduler()};
        EXPECT_TRUE(stream.peer_has_closed());
    }
    // Reads everything up to the end or the fault.
    Task<std::string> read_all(Stream& stream, Transfer& last) {
        std::string all;
        std::string buffer(4096, '\0');
        for (;;) {
            last = stream.try_read(buffer);
            if (last.kind == Transfer::Kind::bytes) {
                all.append(buffer, 0, last.count);
            } else if (last.kind == Transfer::Kind::again) {
                const bool opened = co_await opens(stream.readable());
                if (!opened) co_return all;
            } else {
                co_return all;
            }
        }
    }
};

inline Transfer write_soon(Stream& stream, std::string_view bytes) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    return stream.write_soon({&part, 1});
}

}   // namespace outrigger::net
