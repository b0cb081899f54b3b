// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/socket.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace outrigger::net {
namespace {

SocketAddress address_of(const std::string& host, std::uint16_t port = 80) {
    const auto found = resolve(host, port);
    return found && !found->empty() ? found->front() : SocketAddress{};
}

std::string host_of(const SocketAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> buffer;
    return std::string{address.host(buffer)};
}

bool has_ipv6() {
    const Fd fd{::socket(AF_INET6, SOCK_STREAM, 0)};
    if (!fd.valid()) return false;
    const SocketAddress address = address_of("::1", 0);
    return ::bind(fd.number(), address.raw(), address.length) == 0;
}

TEST(SocketAddress, reads_as_host_and_port) {
    EXPECT_EQ(address_of("127.0.0.1", 8080).text(), "127.0.0.1:8080");
    EXPECT_EQ(address_of("::1", 8080).text(), "[::1]:8080");
    EXPECT_EQ(host_of(address_of("10.1.2.3")), "10.1.2.3");
    EXPECT_EQ(host_of(address_of("2001:db8::7")), "2001:db8::7");
}

TEST(SocketAddress, an_ipv4_address_in_ipv6_clothes_reads_as_ipv4) {
    EXPECT_EQ(address_of("::ffff:10.1.2.3", 81).text(), "10.1.2.3:81");
}

TEST(SocketAddress, an_empty_one_has_no_host) {
    const SocketAddress none;
    EXPECT_EQ(host_of(none), "");
    EXPECT_EQ(none.port(), 0);
}

TEST(SocketAddress, a_buffer_that_is_too_small_gives_no_host_rather_than_half_of_one) {
    std::array<char, 4> small;
    EXPECT_EQ(address_of("127.0.0.1").host(small), "");
}

TEST(SocketAddress, its_port_can_be_set_in_both_families) {
    for (const char* host : {"127.0.0.1", "::1"}) {
        SocketAddress address = address_of(host, 1);
        address.set_port(65535);
        EXPECT_EQ(address.port(), 65535) << host;
        EXPECT_EQ(host_of(address), host);
    }
}

TEST(SocketAddress, knows_loopback_in_all_its_forms) {
    for (const char* host : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"})
        EXPECT_TRUE(address_of(host).is_loopback()) << host;
    for (const char* host : {"128.0.0.1", "10.0.0.1", "0.0.0.0", "::", "::2", "::ffff:10.0.0.1",
                             "2001:db8::1", "fe80::1", "::127.0.0.1"})
        EXPECT_FALSE(address_of(host).is_loopback()) << host;
}

TEST(Resolve, no_host_means_everywhere_in_both_families) {
    const auto found = resolve("", 9);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 2u);
    EXPECT_EQ((*found)[0].text(), "[::]:9");
    EXPECT_EQ((*found)[1].text(), "0.0.0.0:9");
}

TEST(Resolve, a_name_that_cannot_be_says_so) {
    const auto found = resolve(std::string(300, 'a'), 80);   // no name is that long, so nobody is asked
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().reason, Reason::dns_failed);
    EXPECT_FALSE(found.error().detail.empty());
}

TEST(Listen, port_zero_becomes_a_port_of_the_kernel_s_choice) {
    const auto listening = listen_on(address_of("127.0.0.1", 0), false);
    ASSERT_TRUE(listening);
    EXPECT_NE(local_address(listening->number()).port(), 0);
    EXPECT_TRUE(local_address(listening->number()).is_loopback());
}

TEST(Listen, several_share_a_port_when_all_of_them_say_so) {
    const auto first = listen_on(address_of("127.0.0.1", 0), true);
    ASSERT_TRUE(first);
    const SocketAddress place = local_address(first->number());
    EXPECT_TRUE(listen_on(place, true));
    const auto alone = listen_on(place, false);
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().os_error, EADDRINUSE);
}

TEST(Listen, what_is_accepted_asks_silent_peers_if_its_listener_does) {
    const auto listening = listen_on(address_of("127.0.0.1", 0), false);
    ASSERT_TRUE(listening);
    probe_silent_peers(listening->number(), std::chrono::seconds{60});
    const SocketAddress place = local_address(listening->number());
    const Fd peer{::socket(AF_INET, SOCK_STREAM, 0)};
    ASSERT_EQ(::connect(peer.number(), place.raw(), place.length), 0);
    const Fd accepted{::accept(listening->number(), nullptr, nullptr)};
    ASSERT_TRUE(accepted.valid());
    const auto option = [&](int level, int name) {
        int value = 0;
        socklen_t size = sizeof value;
        EXPECT_EQ(::getsockopt(accepted.number(), level, name, &value, &size), 0);
        return value;
    };
    EXPECT_NE(option(SOL_SOCKET, SO_KEEPALIVE), 0);
    EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 60);
    EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 20);
}

TEST(ProbeBind, finds_a_taken_port_even_if_its_owner_would_share_it) {
    for (const bool shared : {false, true}) {
        const auto owner = listen_on(address_of("127.0.0.1", 0), shared);
        ASSERT_TRUE(owner);
        const auto probed = probe_bind(local_address(owner->number()));
        ASSERT_FALSE(probed) << "shared: " << shared;
        EXPECT_EQ(probed.error().os_error, EADDRINUSE);
    }
}

TEST(ProbeBind, leaves_a_free_port_free) {
    SocketAddress place;
    {
        const auto brief = listen_on(address_of("127.0.0.1", 0), false);
        ASSERT_TRUE(brief);
        place = local_address(brief->number());
    }
    EXPECT_TRUE(probe_bind(place));
    EXPECT_TRUE(listen_on(place, true));
}

TEST(ProbeBind, an_address_of_another_machine_is_refused) {
    const auto probed = probe_bind(address_of("192.0.2.1", 0));   // RFC 5737: nobody has it
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().os_error, EADDRNOTAVAIL);
    EXPECT_EQ(probed.error().reason, Reason::connect_failed);
}

TEST(Listen, everywhere_takes_ipv4_too) {
    if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
    const auto listening = listen_on(address_of("", 0), false);
    ASSERT_TRUE(listening);
    SocketAddress target = address_of("127.0.0.1", local_address(listening->number()).port());
    const Fd caller{::socket(AF_INET, SOCK_STREAM, 0)};
    EXPECT_EQ(::connect(caller.number(), target.raw(), target.length), 0);
}

TEST(Fd, closes_what_it_owns_once) {
    int numbers[2];
    ASSERT_EQ(::pipe(numbers), 0);
    Fd reading{numbers[0]};
    {
        Fd writing{numbers[1]};
        Fd moved = std::move(writing);
        EXPECT_FALSE(writing.valid());   // NOLINT: that is the question
        EXPECT_TRUE(moved.valid());
    }
    char byte;
    EXPECT_EQ(::read(reading.number(), &byte, 1), 0) << "the writing end was closed";
    reading = Fd{};
    EXPECT_FALSE(reading.valid());
    EXPECT_EQ(::read(numbers[0], &byte, 1), -1);
}

TEST(UnixAddress, is_a_path_of_at_most_107_bytes) {
    const auto address = unix_address("/run/app.sock");
    ASSERT_TRUE(address);
    EXPECT_EQ(address->text(), "unix:/run/app.sock");
    EXPECT_EQ(address->port(), 0);
    EXPECT_TRUE(address->is_loopback());
    EXPECT_TRUE(unix_address('/' + std::string(106, 'a')));
    EXPECT_FALSE(unix_address('/' + std::string(107, 'a')));
    EXPECT_FALSE(unix_address(""));
}

TEST(NumericAddress, is_one_of_either_family_and_nothing_that_must_be_looked_up) {
    EXPECT_EQ(numeric_address("10.1.2.3", 80)->text(), "10.1.2.3:80");
    EXPECT_EQ(numeric_address("::1", 443)->text(), "[::1]:443");
    for (const char* name : {"", "localhost", "10.1.2", "10.1.2.3.4", "10.1.2.256", "[::1]", "1"})
        EXPECT_FALSE(numeric_address(name, 80)) << name;
}

}   // namespace
}   // namespace outrigger::net
