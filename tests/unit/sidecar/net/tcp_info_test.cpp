// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/tcp_info.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "sidecar/net/fd.hpp"
#include "sidecar/net/socket.hpp"

namespace outrigger::net {
namespace {

TEST(TcpInfo, counts_what_the_peer_s_machine_has_acknowledged) {
    const Fd listening = std::move(*listen_on(resolve("127.0.0.1", 0).value().front(), false));
    const SocketAddress to = local_address(listening.number());
    const Fd ours{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::connect(ours.number(), to.raw(), to.length), 0);
    const Fd theirs{::accept(listening.number(), nullptr, nullptr)};

    const auto before = tcp_bytes_acknowledged(ours.number());
    ASSERT_TRUE(before);
    std::array<char, 8> bytes{};
    ASSERT_EQ(::send(ours.number(), bytes.data(), bytes.size(), 0), 8);
    // An answer carries the acknowledgement with it.
    ASSERT_EQ(::recv(theirs.number(), bytes.data(), bytes.size(), MSG_WAITALL), 8);
    ASSERT_EQ(::send(theirs.number(), bytes.data(), 1, 0), 1);
    ASSERT_EQ(::recv(ours.number(), bytes.data(), 1, 0), 1);
    EXPECT_EQ(*tcp_bytes_acknowledged(ours.number()), *before + 8);
}

TEST(TcpInfo, other_sockets_do_not_tell) {
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    const Fd one{pair[0]};
    const Fd other{pair[1]};
    EXPECT_EQ(tcp_bytes_acknowledged(one.number()), std::nullopt);
}

}   // namespace
}   // namespace outrigger::net
