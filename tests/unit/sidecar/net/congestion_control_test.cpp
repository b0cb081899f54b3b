// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/congestion_control.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>

#include "sidecar/net/fd.hpp"

namespace outrigger::net {
namespace {

Fd tcp_socket() { return Fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }

IpPort peer(const char* host) { return IpPort{*numeric_address(host, 80)}; }

// A connection that a listener accepted, over loopback.
class CongestionControlTest : public ::testing::Test {
protected:
    void accept() {
        const SocketAddress to = local_address(listening.number());
        CongestionControl::before_connecting(ours.number(), to);
        ASSERT_EQ(::connect(ours.number(), to.raw(), to.length), 0);
        theirs = Fd{::accept(listening.number(), nullptr, nullptr)};
    }
    static std::string of(const Fd& fd) { return std::string{CongestionControl::of(fd.number()).name()}; }

    const Fd listening = std::move(*listen_on(*numeric_address("127.0.0.1", 0), false));
    const std::string machines = of(listening);
    const Fd ours = tcp_socket();
    Fd theirs;
};

TEST_F(CongestionControlTest, both_ends_over_loopback_have_reno_where_the_machine_s_paces) {
    const ListenersCongestionControl control{listening.number()};
    accept();
    control.accepted(theirs.number(), peer("127.0.0.1"));
    const std::string expected = machines.starts_with("bbr") ? "reno" : machines;
    EXPECT_EQ(of(ours), expected);
    EXPECT_EQ(of(theirs), expected);
}

TEST_F(CongestionControlTest, who_comes_from_elsewhere_has_the_machine_s) {
    const ListenersCongestionControl control{listening.number()};
    accept();
    control.accepted(theirs.number(), peer("192.0.2.1"));
    EXPECT_EQ(of(theirs), machines);
}

TEST_F(CongestionControlTest, who_is_elsewhere_too) {
    CongestionControl::before_connecting(ours.number(), *numeric_address("192.0.2.1", 80));
    EXPECT_EQ(of(ours), machines);
}

TEST(CongestionControl, a_unix_socket_has_none) {
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    const Fd one{pair[0]};
    const Fd other{pair[1]};
    EXPECT_EQ(CongestionControl::of(one.number()).name(), "");
    const ListenersCongestionControl control{one.number()};
    control.accepted(other.number(), IpPort{});
    CongestionControl::before_connecting(other.number(), *unix_address("/run/app.sock"));
}

}   // namespace
}   // namespace outrigger::net
