// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/listener.hpp"

#include <cerrno>
#include <optional>

#include "tests/unit/sidecar/ingress/plain_service.hpp"
#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::ingress {
namespace {

using namespace std::chrono_literals;
using net::Stream;
using net::Transfer;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

class ListenerTest : public net::RealLoop {
protected:
    using Caller = std::unique_ptr<Stream>;

    void listen(std::size_t connections_max = 100) {
        const auto anywhere = net::resolve("127.0.0.1", 0).value().front();
        listener.emplace(loop, *worker, std::move(*net::listen_on(anywhere, false)), service, limits,
                         connections_max);
        place = listener->address();
        listener->start();
    }
    // Ends the listener after the test's own steps.
    Task<void> then_end(Task<void> steps) {
        co_await std::move(steps);
        service.gate.open();
        listener->stop_accepting();
        listener->cut(Fault{Reason::draining, "the test is over"});
        co_await listener->ended();
    }
    Task<Caller> call() {
        Result<Caller> made = co_await net::connect(loop, place, soon());
        if (!made) co_return nullptr;
        co_return std::move(*made);
    }
    // What one request comes to: "ok" and the like; "closed" where the connection ended instead.
    Task<std::string> ask(Stream& caller) {
        (void)net::write(caller, get);
        co_return co_await answer(caller);
    }
    Task<std::string> answer(Stream& caller) {
        std::string all;
        for (;;) {
            std::array<char, 1024> buffer;
            const Transfer got = caller.try_read(buffer);
            if (got.kind == Transfer::Kind::bytes) {
                all.append(buffer.data(), got.count);
                const std::size_t head = all.find("\r\n\r\n");
                if (head != std::string::npos && all.size() > head + 4) co_return all.substr(head + 4);
                continue;
            }
            if (got.kind != Transfer::Kind::again) co_return "closed";
            Result<void> ready = co_await caller.readable().wait(soon());
            if (!ready) co_return "nothing";
        }
    }
    // A few turns of the loop, for what must NOT happen.
    Task<void> a_while() {
        for (int i = 0; i < 50; ++i) co_await Yield{scheduler()};
    }
    // Waits until the listener has this many connections.
    Task<bool> has(std::size_t connections) {
        const Instant end = soon().deadline;
        while (listener->connections() != connections && clock.now() < end) co_await Yield{scheduler()};
        co_return listener->connections() == connections;
    }

    std::unique_ptr<net::Worker> worker{new net::Worker{loop.scheduler(), Rng{7}, {}, {}}};
    PlainService service{loop.scheduler()};
    ConnectionLimits limits{.head = {}, .head_timeout = 10s, .idle = 60s};
    std::optional<Listener> listener;
    std::optional<net::Fd> listening;   // of a listener that is yet to be made
    net::SocketAddress place;

    Task<void> several();
    Task<void> longest_idle();
    Task<void> none_idle();
    Task<void> rest_makes_room();
    Task<void> draining();
    Task<void> emptied();
    Task<void> cut_all();
};

Task<void> ListenerTest::several() {
    const Caller one = co_await call();
    const Caller two = co_await call();
    EXPECT_EQ(co_await ask(*one), "ok");
    EXPECT_EQ(co_await ask(*two), "ok");
    EXPECT_EQ(co_await ask(*one), "ok");
    EXPECT_EQ(listener->connections(), 2u);
    EXPECT_EQ(listener->busy(), 0u);
    EXPECT_TRUE(service.peer.is_loopback());
    service.gate.close();
    (void)net::write(*one, get);
    while (service.paths.size() < 4) co_await Yield{scheduler()};
    EXPECT_EQ(listener->busy(), 1u);
}

TEST_F(ListenerTest, serves_several_callers_on_connections_of_their_own) {
    listen();
    run(then_end(several()));
}

Task<void> ListenerTest::longest_idle() {
    const Caller one = co_await call();
    const Caller two = co_await call();
    EXPECT_EQ(co_await ask(*one), "ok");
    EXPECT_EQ(co_await ask(*two), "ok");
    EXPECT_EQ(co_await ask(*one), "ok");   // now two is idle for longer
    const Caller three = co_await call();
    EXPECT_EQ(co_await ask(*three), "ok");
    EXPECT_EQ(co_await answer(*two), "closed");
    EXPECT_EQ(co_await ask(*one), "ok");
    EXPECT_EQ(listener->connections(), 2u);
}

TEST_F(ListenerTest, at_its_limit_closes_the_longest_idle_connection_for_a_new_one) {
    listen(2);
    run(then_end(longest_idle()));
}

Task<void> ListenerTest::none_idle() {
    service.gate.close();
    Caller one = co_await call();
    (void)net::write(*one, get);
    while (service.paths.empty()) co_await Yield{scheduler()};
    const Caller two = co_await call();   // the kernel takes it
    (void)net::write(*two, get);
    co_await a_while();
    EXPECT_EQ(listener->connections(), 1u);
    EXPECT_EQ(service.paths.size(), 1u) << "nobody who is busy is closed for a newcomer";
    service.gate.open();
    one->abort_on_close();
    one.reset();   // a place becomes free
    EXPECT_EQ(co_await answer(*two), "ok");
}

TEST_F(ListenerTest, at_its_limit_with_none_idle_lets_newcomers_wait_until_one_has_ended) {
    listen(1);
    run(then_end(none_idle()));
}

Task<void> ListenerTest::rest_makes_room() {
    service.gate.close();
    const Caller one = co_await call();
    (void)net::write(*one, get);
    while (service.paths.empty()) co_await Yield{scheduler()};
    const Caller two = co_await call();
    (void)net::write(*two, get);
    co_await a_while();
    service.gate.open();
    EXPECT_EQ(co_await answer(*one), "ok");
    EXPECT_EQ(co_await answer(*two), "ok") << "the first came to rest, and is now the longest idle";
    EXPECT_EQ(co_await answer(*one), "closed");
}

TEST_F(ListenerTest, at_its_limit_closes_one_that_comes_to_rest_while_newcomers_wait) {
    listen(1);
    run(then_end(rest_makes_room()));
}

Task<void> ListenerTest::draining() {
    const Caller resting = co_await call();
    EXPECT_EQ(co_await ask(*resting), "ok");
    EXPECT_FALSE(service.draining);
    listener->begin_drain();
    EXPECT_TRUE(listener->lifecycle().draining);
    const Caller late = co_await call();
    EXPECT_EQ(co_await ask(*late), "ok") << "newcomers are still served";
    EXPECT_TRUE(service.draining);
    EXPECT_EQ(co_await answer(*late), "closed");
    EXPECT_EQ(co_await answer(*resting), "closed");
}

TEST_F(ListenerTest, in_a_drain_serves_newcomers_and_closes_whoever_rests) {
    limits.idle = 20ms;   // the two seconds of the drain are the most, not the least
    listen();
    run(then_end(draining()));
}

Task<void> ListenerTest::emptied() {
    std::vector<Caller> waiting;
    for (int i = 0; i < 150; ++i) {
        waiting.push_back(co_await call());
        if (!waiting.back()) co_return ADD_FAILURE() << "caller " << i;
        (void)net::write(*waiting.back(), get);
    }
    listener.emplace(loop, *worker, std::move(*listening), service, limits, 1000);
    listener->start();
    listener->stop_accepting();
    for (const Caller& caller : waiting) EXPECT_EQ(co_await answer(*caller), "ok");
    EXPECT_EQ(listener->connections(), 150u);
    Result<Caller> refused = co_await net::connect(loop, place, soon());
    EXPECT_FALSE(refused);
    if (!refused) {
        EXPECT_EQ(refused.error().os_error, ECONNREFUSED);
    }
}

TEST_F(ListenerTest, takes_everyone_who_has_connected_before_it_closes) {
    listening.emplace(std::move(*net::listen_on(net::resolve("127.0.0.1", 0).value().front(), false)));
    place = net::local_address(listening->number());
    run(then_end(emptied()));
}

Task<void> ListenerTest::cut_all() {
    service.gate.close();
    const Caller busy = co_await call();
    (void)net::write(*busy, get);
    while (service.paths.empty()) co_await Yield{scheduler()};
    const Caller resting = co_await call();
    EXPECT_TRUE(co_await has(2));
    listener->stop_accepting();
    listener->cut(Fault{Reason::draining, "cut"});
    EXPECT_EQ(co_await answer(*busy), "draining");
    EXPECT_EQ(co_await answer(*resting), "closed");
    co_await listener->ended();
    EXPECT_EQ(listener->connections(), 0u);
}

TEST_F(ListenerTest, cuts_what_is_left) {
    listen();
    run(then_end(cut_all()));
}

}   // namespace
}   // namespace outrigger::ingress
