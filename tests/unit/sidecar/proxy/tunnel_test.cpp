// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/tunnel.hpp"

#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::proxy {
namespace {

class TunnelTest : public ProxyBench {
protected:
    ~TunnelTest() override { cancel.cancel(Fault{Reason::draining, "the test ends"}); loop.run(); }

    void start(std::string_view first_bytes = "") {
        receive("GET /x HTTP/1.1\r\nHost: a\r\n\r\n" + std::string{first_bytes});
        to.emplace(connect());
        downstream->become_tunnel();
        to->stream().become_tunnel();
        tasks.spawn(tunnelling());
        loop.run();
    }
    [[nodiscard]] net::Peer& endpoint() { return endpoints.back(); }
    [[nodiscard]] std::optional<Reason> fault() const {
        return result.fault ? std::optional{result.fault->reason} : std::nullopt;
    }
    std::string read(net::Peer& peer) {
        loop.run();
        return peer.read();
    }

    std::optional<upstream::Lease> to;
    Cancel cancel;
    Tunnelled result;
    bool ended = false;

private:
    Task<void> tunnelling() {
        co_await tunnel(*downstream, to->stream(), worker, {1h, 60s}, cancel, result);
        ended = true;
    }
};

TEST_F(TunnelTest, bytes_pass_both_ways_as_they_are) {
    start("early");
    EXPECT_EQ(endpoint().read(), "early");
    endpoint().write("\0\r\n0\r\n\r\n");
    EXPECT_EQ(read(caller), "");
    endpoint().write(std::string_view{"\0x", 2});
    EXPECT_EQ(read(caller), (std::string{"\0x", 2}));
    caller.write("answer");
    EXPECT_EQ(read(endpoint()), "answer");
    EXPECT_EQ(result.from_caller, 11u);
    EXPECT_EQ(result.to_caller, 2u);
    EXPECT_FALSE(ended);
}

TEST_F(TunnelTest, each_side_s_end_is_passed_on_and_the_other_may_go_on) {
    start();
    caller.write("bye");
    caller.shut_down_writing();
    EXPECT_EQ(read(endpoint()), "bye");
    EXPECT_TRUE(endpoint().ended());
    EXPECT_FALSE(ended);
    endpoint().write("and you");
    EXPECT_EQ(read(caller), "and you");
    endpoint().shut_down_writing();
    EXPECT_EQ(read(caller), "");
    EXPECT_TRUE(caller.ended());
    EXPECT_TRUE(ended);
    EXPECT_EQ(fault(), std::nullopt);
}

TEST_F(TunnelTest, a_side_that_breaks_off_breaks_the_other) {
    start();
    endpoint().reset();
    loop.run();
    EXPECT_TRUE(ended);
    EXPECT_EQ(fault(), Reason::upstream_reset);
    to.reset();
    connection.reset();
    (void)caller.read();
    EXPECT_TRUE(caller.broken());
}

TEST_F(TunnelTest, a_caller_that_breaks_off_is_one_that_left) {
    start();
    caller.reset();
    loop.run();
    EXPECT_TRUE(ended);
    EXPECT_EQ(fault(), Reason::caller_left);
}

TEST_F(TunnelTest, ends_when_nothing_moved_in_either_direction_for_too_long) {
    start();
    loop.advance(40min);
    caller.write("x");        // and this direction only
    loop.run();
    loop.advance(59min);
    EXPECT_FALSE(ended) << "something moved 59 minutes ago";
    loop.advance(1min);
    EXPECT_TRUE(ended);
    EXPECT_EQ(fault(), Reason::timeout);
}

TEST_F(TunnelTest, a_half_closed_one_does_not_wait_as_long) {
    start();
    endpoint().shut_down_writing();
    loop.run();
    loop.advance(59s);
    EXPECT_FALSE(ended);
    caller.write("x");
    loop.run();
    loop.advance(59s);
    EXPECT_FALSE(ended);
    loop.advance(1s);
    EXPECT_TRUE(ended);
}

TEST_F(TunnelTest, can_be_cancelled) {
    start();
    cancel.cancel(Fault{Reason::draining, "drain.timeout has passed"});
    EXPECT_FALSE(ended) << "never inline";
    loop.run();
    EXPECT_TRUE(ended);
    EXPECT_EQ(fault(), Reason::draining);
}

TEST_F(TunnelTest, a_side_that_does_not_read_holds_the_other_back) {
    connector->capacity = 1000;
    start();
    const std::string much(512 * 1024, 'x');
    std::string_view left = caller.write(much);
    loop.run();
    EXPECT_LT(result.from_caller, 200'000u);
    std::size_t got = 0;
    for (int i = 0; i < 2000 && got < much.size(); ++i) {
        got += read(endpoint()).size();
        left = caller.write(left);
    }
    EXPECT_EQ(got, much.size());
}

}   // namespace
}   // namespace outrigger::proxy
