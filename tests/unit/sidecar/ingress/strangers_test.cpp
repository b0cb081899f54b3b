// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/strangers.hpp"

#include <string>
#include <vector>

#include "tests/unit/sidecar/ingress/outbound_bench.hpp"

namespace outrigger::ingress {
namespace {

class StrangersTest : public OutboundBench {
protected:
    StrangersTest() {
        settings.name = "proxy";
        settings.limits.target = nullptr;
        settings.limits.policies = {
            .name = "proxy", .setting = "outbound.proxy", .call_setting = "outbound.defaults"};
    }
    ~StrangersTest() override { end_all(); }
    void call(std::string_view authority, std::string_view request) {
        accept();
        Incoming& arrived = arrive(request);
        Strangers::Stranger* const stranger = strangers.find(route::Authority::parse(authority, 80));
        ASSERT_TRUE(stranger);
        tasks.spawn(Strangers::answer(*stranger, arrived));
        loop.run();
    }

    std::vector<std::string> dialled_for;
    Strangers strangers{{worker, settings, head_limits, 1h, calls, telemetry, journal},
                        [this](const route::Authority& authority) {
                            dialled_for.push_back(authority.text());
                            return std::make_unique<upstream::MemoryConnector>(loop.scheduler(), endpoints);
                        }};
};

TEST_F(StrangersTest, are_called_in_their_own_name_and_counted_as_one) {
    call("Example.test",
         "GET http://Example.test/a?b HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic eA==\r\n\r\n");
    const std::string request = endpoints.back().read();
    EXPECT_TRUE(request.starts_with("GET /a?b HTTP/1.1\r\nHost: example.test\r\n")) << request;
    EXPECT_FALSE(contains(request, "X-Forwarded")) << "where the app runs is nobody's business";
    EXPECT_FALSE(contains(request, "Proxy-"));
    from_endpoint("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 503 ")) << "and tried once";
    EXPECT_TRUE(contains(log(), R"("upstream":"proxy","attempts":1,"endpoint":"shop:80")")) << log();
}

TEST_F(StrangersTest, keep_their_connections) {
    for (const char* authority : {"a.test:81", "A.TEST:81", "b.test:81"}) {
        call(authority, "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(contains(endpoints.back().read(),
                             authority[0] == 'b' ? "Host: b.test:81\r\n" : "Host: a.test:81\r\n"));
        from_endpoint("HTTP/1.1 204 No Content\r\n\r\n");
    }
    EXPECT_EQ(endpoints.size(), 2u);
    EXPECT_EQ(dialled_for, (std::vector<std::string>{"a.test:81", "b.test:81"}));
}

TEST_F(StrangersTest, are_the_same_however_they_are_written) {
    Strangers::Stranger* const one = strangers.find({"[::1]", 80});
    EXPECT_EQ(strangers.find({"[0:0::1]", 80}), one);
    EXPECT_NE(strangers.find({"[::1]", 81}), one);
    EXPECT_NE(strangers.find({"[::2]", 80}), one);
    EXPECT_EQ(strangers.size(), 3u);
}

TEST_F(StrangersTest, the_one_called_least_lately_makes_room) {
    for (std::size_t i = 0; i <= Strangers::most; ++i) {
        ASSERT_TRUE(strangers.find({'h' + std::to_string(i), 80}));
        ASSERT_TRUE(strangers.find({"h0", 80}));
    }
    EXPECT_EQ(strangers.size(), Strangers::most);
    dialled_for.clear();
    ASSERT_TRUE(strangers.find({"h0", 80}));
    ASSERT_TRUE(strangers.find({"h2", 80}));
    EXPECT_TRUE(dialled_for.empty());
    ASSERT_TRUE(strangers.find({"h1", 80}));
    EXPECT_EQ(dialled_for, std::vector<std::string>{"h1:80"});
}

TEST_F(StrangersTest, one_that_is_being_called_never_does) {
    call("h0", "CONNECT h0:80 HTTP/1.1\r\nHost: h0:80\r\n\r\n");
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 200 "));
    for (std::size_t i = 1; i <= Strangers::most; ++i)
        ASSERT_TRUE(strangers.find({'h' + std::to_string(i), 80}));
    EXPECT_EQ(strangers.size(), Strangers::most);
    caller.write("still here");
    loop.run();
    EXPECT_EQ(endpoints.front().read(), "still here");
}

}   // namespace
}   // namespace outrigger::ingress
