// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/connector.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;
using net::SocketAddress;

SocketAddress loopback(std::uint16_t port = 0) { return net::resolve("127.0.0.1", port).value().front(); }

// A port that was free a moment ago.
SocketAddress nobody() {
    const auto brief = net::listen_on(loopback(), false);
    return net::local_address(brief->number());
}

class Connecting : public net::RealLoop {
protected:
    using Outcome = std::optional<Result<std::unique_ptr<net::Stream>>>;
    Task<void> connect(SocketConnector& connector, Wait wait, Outcome& outcome) {
        outcome.emplace(co_await connector.connect(wait));
    }
    // What connecting to these came to.
    Result<std::unique_ptr<net::Stream>> to(std::vector<SocketAddress> addresses, Wait wait) {
        SocketConnector connector{loop, "shop:80", std::move(addresses)};
        Outcome outcome;
        run(connect(connector, wait, outcome));
        return std::move(*outcome);
    }

    net::Fd listening{std::move(*net::listen_on(loopback(), false))};
    SocketAddress listener = net::local_address(listening.number());
};

TEST_F(Connecting, takes_the_first_address_that_answers) { EXPECT_TRUE(to({listener}, soon())); }

TEST_F(Connecting, reaches_a_unix_socket) {
    const std::string path = testing::TempDir() + "outrigger-" + std::to_string(::getpid()) + ".sock";
    const SocketAddress address = net::unix_address(path).value();
    const auto app = net::listen_on(address, false);
    ASSERT_TRUE(app) << std::strerror(app.error().os_error);
    EXPECT_TRUE(to({address}, soon()));
    ::unlink(path.c_str());
}

TEST_F(Connecting, to_a_unix_socket_that_is_not_there_fails_as_a_refused_port_does) {
    const auto gone = to({net::unix_address("/nonexistent/app.sock").value()}, soon());
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().reason, Reason::connect_failed);
    EXPECT_EQ(gone.error().os_error, ENOENT);
}

// The kernel says EAGAIN and tells nobody when there is room.
TEST_F(Connecting, a_unix_socket_whose_queue_is_full_is_tried_until_the_deadline) {
    const std::string path = testing::TempDir() + "outrigger-full-" + std::to_string(::getpid()) + ".sock";
    const SocketAddress address = net::unix_address(path).value();
    const net::Fd app{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::bind(app.number(), address.raw(), address.length), 0);
    ASSERT_EQ(::listen(app.number(), 0), 0);
    const net::Fd first{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::connect(first.number(), address.raw(), address.length), 0);
    const auto second = to({address}, Wait{after(clock.now(), 50ms)});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().reason, Reason::timeout);
    ::unlink(path.c_str());
}

TEST_F(Connecting, goes_on_to_the_next_address_when_one_refuses) {
    EXPECT_TRUE(to({nobody(), nobody(), listener}, soon()));
}

TEST_F(Connecting, tells_why_the_last_one_failed) {
    const auto failed = to({nobody(), nobody()}, soon());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reason, Reason::connect_failed);
    EXPECT_EQ(failed.error().os_error, ECONNREFUSED);
}

TEST_F(Connecting, does_not_go_on_when_the_time_is_over) {
    const auto failed = to({listener, listener}, Wait{scheduler().now(), nullptr, Reason::attempt_timeout});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reason, Reason::attempt_timeout);
}

TEST_F(Connecting, does_not_go_on_when_the_caller_has_left) {
    Cancel cancel;
    cancel.cancel(Fault{Reason::caller_left, "gone"});
    const auto failed = to({listener, listener}, Wait{.cancel = &cancel});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reason, Reason::caller_left);
}

TEST_F(Connecting, a_name_without_addresses_has_no_endpoints) {
    const auto failed = to({}, soon());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().reason, Reason::no_endpoints);
}

TEST_F(Connecting, goes_by_the_name_it_was_given) {
    EXPECT_EQ((SocketConnector{loop, "shop:80", {}}.name()), "shop:80");
}

}   // namespace
}   // namespace outrigger::upstream
