// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/rng.hpp>

namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

// What the pool sees of a connection, and what the test sees of the pool.
struct Seen {
    int alive = 0;
    std::string closed;   // the names of those that were destroyed, in their order
};

class Connection final : public http1::HttpClientStream {
public:
    Connection(Scheduler& scheduler, Seen& seen, char its_name)
        : name{its_name}, gate{scheduler}, seen_{seen} {
        ++seen_.alive;
    }
    ~Connection() override {
        --seen_.alive;
        seen_.closed += name;
    }
    void close_by_peer() {
        closed_ = true;
        if (auto* told = std::exchange(watch, nullptr)) told->peer_closed();
    }

    void watch_peer(net::PeerWatch* whom) noexcept override {
        watch = whom;
        if (closed_ && whom) close_by_peer();
    }
    bool peer_has_closed() const noexcept override { return closed_; }
    std::optional<Duration> idle_promise() const noexcept override { return promise; }
    Gate& readable() noexcept override { return gate; }

    // The rest is none of the pool's business.
    void write_head(const http1::RequestHead&, net::Arena&) override {}
    std::optional<Result<void>> try_head(http1::ResponseHead&, net::Arena&, net::Scratch&) override { return {}; }
    bool reply_begun() const noexcept override { return false; }
    bool request_unseen() const noexcept override { return false; }
    bool reusable() const noexcept override { return true; }
    http1::BodyProgress pump_body(net::Scratch&, http1::BodySink&) noexcept override { return {}; }
    void write_body(std::string_view) noexcept override {}
    void end_body(std::string_view) noexcept override {}
    std::string_view trailers() const noexcept override { return {}; }
    void become_tunnel() noexcept override {}
    Result<void> push() noexcept override { return {}; }
    bool congested() const noexcept override { return false; }
    Task<Result<void>> drained(Wait) override { co_return Result<void>{}; }
    void reset() noexcept override {}

    const char name;
    Gate gate;
    net::PeerWatch* watch = nullptr;
    std::optional<Duration> promise;

private:
    Seen& seen_;
    bool closed_ = false;
};

class PoolTest : public testing::Test {
protected:
    void make(Pool::Settings settings) { pool.emplace(loop.scheduler(), settings); }
    Connection& put(char name) {
        auto connection = std::make_unique<Connection>(loop.scheduler(), seen, name);
        Connection& put = *connection;
        pool->put(std::move(connection));
        return put;
    }
    // The name of the connection that is taken, which then is closed; '-' for none.
    char take() {
        const auto taken = pool->take();
        return taken ? static_cast<Connection&>(*taken).name : '-';
    }

    ManualLoop loop;
    Seen seen;
    std::optional<Pool> pool{std::in_place, loop.scheduler(), Pool::Settings{.idle_max = 3, .idle_for = 60s}};
};

TEST_F(PoolTest, an_empty_pool_has_none) { EXPECT_EQ(pool->take(), nullptr); }

TEST_F(PoolTest, the_one_used_last_is_taken_first) {
    put('a');
    put('b');
    put('c');
    EXPECT_EQ(pool->idle(), 3u);
    EXPECT_EQ(take(), 'c');
    EXPECT_EQ(take(), 'b');
    EXPECT_EQ(take(), 'a');
    EXPECT_EQ(take(), '-');
}

TEST_F(PoolTest, one_too_many_costs_the_longest_idle_one_its_place) {
    for (const char name : {'a', 'b', 'c', 'd'}) put(name);
    EXPECT_EQ(seen.closed, "a");
    EXPECT_EQ(pool->idle(), 3u);
}

TEST_F(PoolTest, a_pool_without_places_keeps_nothing) {
    make({.idle_max = 0, .idle_for = 60s});
    auto connection = std::make_unique<Connection>(loop.scheduler(), seen, 'a');
    pool->put(std::move(connection));
    EXPECT_EQ(seen.closed, "a");
    EXPECT_EQ(take(), '-');
}

TEST_F(PoolTest, each_is_closed_when_its_own_time_is_over) {
    put('a');
    loop.advance(10s);
    put('b');
    loop.advance(50s - 1ns);
    EXPECT_EQ(seen.closed, "");
    loop.advance(1ns);
    EXPECT_EQ(seen.closed, "a");
    loop.advance(10s - 1ns);
    EXPECT_EQ(seen.closed, "a");
    loop.advance(1ns);
    EXPECT_EQ(seen.closed, "ab");
}

TEST_F(PoolTest, use_begins_its_time_anew) {
    put('a');
    loop.advance(59s);
    auto used = pool->take();
    loop.advance(10s);
    pool->put(std::move(used));
    loop.advance(60s - 1ns);
    EXPECT_EQ(seen.closed, "");
    loop.advance(1ns);
    EXPECT_EQ(seen.closed, "a");
}

TEST_F(PoolTest, one_that_its_peer_closes_leaves_but_not_from_within_its_own_dispatch) {
    Connection& a = put('a');
    put('b');
    a.close_by_peer();
    EXPECT_EQ(seen.closed, "") << "its stream is still on the stack";
    loop.run();
    EXPECT_EQ(seen.closed, "a");
    EXPECT_EQ(take(), 'b');
}

TEST_F(PoolTest, one_that_its_peer_has_just_closed_is_not_taken_even_before_it_has_left) {
    put('a');
    Connection& b = put('b');
    b.close_by_peer();
    EXPECT_EQ(take(), 'a');
    EXPECT_EQ(seen.closed, "ba");
    loop.run();
}

TEST_F(PoolTest, one_that_was_closed_before_it_came_leaves_at_once) {
    auto connection = std::make_unique<Connection>(loop.scheduler(), seen, 'a');
    connection->close_by_peer();
    pool->put(std::move(connection));
    EXPECT_EQ(take(), '-');
    auto another = std::make_unique<Connection>(loop.scheduler(), seen, 'b');
    another->close_by_peer();
    pool->put(std::move(another));
    loop.run();
    EXPECT_EQ(seen.closed, "ab");
    EXPECT_EQ(pool->idle(), 0u);
}

TEST_F(PoolTest, one_that_sent_something_without_being_asked_is_not_used_again) {
    put('a');
    Connection& b = put('b');
    b.gate.open();
    EXPECT_EQ(take(), 'a');
    EXPECT_EQ(seen.closed, "ba");
}

TEST_F(PoolTest, one_that_was_taken_is_no_longer_watched) {
    put('a');
    const auto taken = pool->take();
    auto& connection = static_cast<Connection&>(*taken);
    EXPECT_EQ(connection.watch, nullptr);
    connection.close_by_peer();
    loop.advance(2min);
    EXPECT_EQ(seen.closed, "");
}

TEST_F(PoolTest, it_may_end_with_connections_and_its_timer_running) {
    put('a').close_by_peer();
    put('b');
    pool.reset();
    EXPECT_EQ(seen.alive, 0);
    loop.advance(2min);
}

// Against a list that is searched, at random.
TEST_F(PoolTest, thousands_of_random_operations_keep_to_the_rules) {
    constexpr std::uint64_t seed = 20261120;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    struct Model {
        Connection* connection;
        Instant expires;
        bool usable = true;
        bool closed = false;
    };
    make({.idle_max = 5, .idle_for = 50ms});
    std::deque<Model> idle;
    for (int step = 0; step < 20'000; ++step) {
        switch (rng.below(6)) {
            case 0:
            case 1:
                if (idle.size() == 5) idle.pop_front();
                idle.push_back({&put('x'), after(loop.clock().now(), 50ms)});
                break;
            case 2: {
                while (!idle.empty() && !idle.back().usable) idle.pop_back();
                const auto taken = pool->take();
                ASSERT_EQ(taken == nullptr, idle.empty()) << "step " << step;
                if (!taken) break;
                ASSERT_EQ(taken.get(), idle.back().connection) << "step " << step;
                idle.pop_back();
                break;
            }
            case 3:
            case 4:
                if (idle.empty()) break;
                if (Model& any = idle[rng.below(idle.size())]; rng.below(2)) {
                    any.connection->gate.open();
                    any.usable = false;
                } else {
                    any.connection->close_by_peer();
                    any.usable = false;
                    any.closed = true;
                }
                break;
            default:
                loop.advance(Duration{static_cast<Duration::rep>(rng.below(30'000'000))});
                std::erase_if(idle,
                              [&](const Model& m) { return m.closed || m.expires <= loop.clock().now(); });
        }
        ASSERT_EQ(pool->idle(), idle.size()) << "step " << step;
        ASSERT_EQ(seen.alive, static_cast<int>(idle.size())) << "step " << step;
    }
}

TEST_F(PoolTest, a_connection_is_closed_before_its_endpoint_has_promised_to_do_so) {
    auto connection = std::make_unique<Connection>(loop.scheduler(), seen, 'a');
    connection->promise = 5s;
    pool->put(std::move(connection));
    loop.advance(4s - 1ms);
    EXPECT_EQ(pool->idle(), 1u);
    loop.advance(1ms);
    EXPECT_EQ(seen.closed, "a");
}

TEST_F(PoolTest, a_promise_holds_for_those_that_are_idle_already) {
    put('a');
    loop.advance(3s);
    auto connection = std::make_unique<Connection>(loop.scheduler(), seen, 'b');
    connection->promise = 5s;
    pool->put(std::move(connection));
    loop.advance(1s);
    EXPECT_EQ(seen.closed, "a");
    loop.advance(3s);
    EXPECT_EQ(seen.closed, "ab");
}

TEST_F(PoolTest, an_endpoint_that_promises_nothing_but_closes_after_ten_seconds_is_forestalled) {
    for (const char name : {'a', 'b'}) {
        Connection& connection = put(name);
        loop.advance(10s);
        connection.close_by_peer();
        loop.run();
    }
    EXPECT_EQ(seen.closed, "ab");
    put('c');
    loop.advance(9s);
    EXPECT_EQ(seen.closed, "abc");
}

TEST_F(PoolTest, a_closed_pool_keeps_nothing) {
    put('a');
    put('b');
    pool->close();
    EXPECT_EQ(seen.closed, "ab");
    put('c');
    EXPECT_EQ(seen.closed, "abc");
    EXPECT_EQ(pool->take(), nullptr);
}

}   // namespace
}   // namespace outrigger::upstream
