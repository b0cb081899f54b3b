// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/checks.hpp"

#include <optional>
#include <vector>

#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;

net::SocketAddress loopback(std::uint16_t port = 0) {
    return net::resolve("127.0.0.1", port).value().front();
}

// A port that was free a moment ago.
net::SocketAddress nobody() {
    const auto brief = net::listen_on(loopback(), false);
    return net::local_address(brief->number());
}

class Checks : public net::RealLoop {
protected:
    // One run of a check of these addresses.
    health::Outcome check(std::vector<net::SocketAddress> addresses, Duration timeout = 5s) {
        std::optional<health::Outcome> outcome;
        run(checking(TcpCheck{std::move(addresses), "app:3000", 5s, timeout}, outcome));
        return outcome.value_or(health::Outcome{});
    }
    Task<void> checking(TcpCheck of, std::optional<health::Outcome>& outcome) {
        outcome = co_await check_once(loop, of, stop);
    }

    net::Fd listening{std::move(*net::listen_on(loopback(), false))};
    net::SocketAddress listener = net::local_address(listening.number());
    Cancel stop;
};

TEST_F(Checks, a_port_that_accepts_is_up_and_how_long_that_took_is_known) {
    const health::Outcome outcome = check({listener});
    EXPECT_EQ(outcome.status, health::Status::up);
    ASSERT_TRUE(outcome.response_time.has_value());
    EXPECT_GE(*outcome.response_time, 0ns);
    EXPECT_LT(*outcome.response_time, 5s);
}

TEST_F(Checks, a_port_where_nobody_listens_is_down_in_the_words_of_terminus) {
    const health::Outcome outcome = check({nobody()});
    EXPECT_EQ(outcome.status, health::Status::down);
    EXPECT_EQ(outcome.message, "connect ECONNREFUSED app:3000");
}

TEST_F(Checks, one_address_of_several_is_enough) {
    EXPECT_EQ(check({nobody(), listener}).status, health::Status::up);
}

TEST_F(Checks, an_answer_that_takes_too_long_is_down_with_the_limit_that_it_exceeded) {
    const health::Outcome outcome = check({listener}, 0ms);
    EXPECT_EQ(outcome.status, health::Status::down);
    EXPECT_EQ(outcome.message, "timeout of 0ms exceeded");
}

TEST_F(Checks, a_name_without_addresses_is_down_and_says_so) {
    const health::Outcome outcome = check({});
    EXPECT_EQ(outcome.status, health::Status::down);
    EXPECT_EQ(outcome.message, "connect no address app:3000");
}

// Counts what is reported, and stops after so many.
struct Counting {
    Cancel& stop;
    std::vector<Instant>& at;
    const Clock& clock;
    std::size_t enough;
    void operator()(const health::Outcome&) const {
        at.push_back(clock.now());
        if (at.size() == enough) stop.cancel(Fault{Reason::draining, "enough"});
    }
};

TEST_F(Checks, are_run_at_once_and_then_again_after_their_time_give_or_take_a_tenth) {
    std::vector<Instant> at;
    TcpCheck every{{listener}, "app:3000", 10ms, 5s};
    const Instant began = scheduler().now();
    run(keep_checking(loop, std::move(every), Rng{7}, stop, Counting{stop, at, clock, 4}));
    ASSERT_EQ(at.size(), 4u);
    EXPECT_GE(at[3] - began, 27ms) << "three pauses of 9 ms at least";
}

TEST_F(Checks, that_are_stopped_before_they_begin_report_nothing) {
    std::vector<Instant> at;
    stop.cancel(Fault{Reason::draining, "already"});
    run(keep_checking(loop, TcpCheck{{listener}, "app:3000", 10ms, 5s}, Rng{7}, stop,
                      Counting{stop, at, clock, 1}));
    EXPECT_TRUE(at.empty());
}

}   // namespace
}   // namespace outrigger::admin
