// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/lines.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/sidecar/intake/held_submissions.hpp"
#include "tests/unit/sidecar/net/real_loop.hpp"

namespace outrigger::intake {
namespace {

using namespace std::chrono_literals;

class LinesTest : public net::RealLoop {
public:
    using net::RealLoop::scheduler;

    LinesTest() {
        auto socket = net::listen_on(net::resolve("127.0.0.1", 0).value().front(), false);
        place = net::local_address(socket->number());
        lines.emplace(loop, worker, std::move(*socket), settings);
        lines->start();
    }
    Task<void> then_end(Task<void> steps) {
        co_await std::move(steps);
        lines->cut(Fault{Reason::draining, "the test is over"});
        co_await lines->ended();
    }
    Task<std::unique_ptr<net::Stream>> connect() {
        Result<std::unique_ptr<net::Stream>> made = co_await net::connect(loop, place, soon());
        if (!made) co_return nullptr;
        co_return std::move(*made);
    }
    // Waits until so many records were accepted.
    Task<bool> has(std::size_t records) {
        const Instant end = soon().deadline;
        while (counts.accepted < records && clock.now() < end) co_await Yield{scheduler()};
        co_return counts.accepted == records;
    }
    [[nodiscard]] std::size_t taken() const {
        const std::string all = held.lines();
        return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n'));
    }

    net::Worker worker{loop.scheduler(), Rng{7}, {}, {}};
    logging::Redaction redaction;
    middleware::IntakeCounts counts;
    HeldSubmissions held;
    IntakeSettings settings{"shop", redaction, held.submit(), counts, Bytes{1 << 20}, 60s};
    std::optional<Lines> lines;
    net::SocketAddress place;
};

TEST_F(LinesTest, lines_may_come_in_pieces_and_the_last_one_needs_no_end) {
    held.at_once = true;
    const auto steps = [](LinesTest& test) -> Task<void> {
        auto sender = co_await test.connect();
        (void)net::write(*sender, "{\"a\":1}\n\r\n{\"a\"");
        const bool one = co_await test.has(1);
        EXPECT_TRUE(one);
        (void)net::write(*sender, ":2}\r\nbroken\n{\"a\":3}");
        const bool three = co_await test.has(3);
        EXPECT_TRUE(three);
        sender->shut_down_writing();
        const bool four = co_await test.has(4);
        EXPECT_TRUE(four);
    };
    run(then_end(steps(*this)));
    EXPECT_EQ(counts.malformed, 1U);
    EXPECT_EQ(taken(), 4U);
    EXPECT_NE(held.lines().find("\"a\":2"), std::string::npos);
}

TEST_F(LinesTest, a_line_that_is_too_long_is_cut_and_the_next_one_is_whole) {
    held.at_once = true;
    const auto steps = [](LinesTest& test) -> Task<void> {
        auto sender = co_await test.connect();
        const std::string text = "\"" + std::string(record_max + 100'000, 'x') + "\n{\"a\":1}\n";
        for (std::string_view rest = text; !rest.empty();) {
            const net::Transfer sent = net::write(*sender, rest);
            rest.remove_prefix(sent.count);
            if (sent.kind == net::Transfer::Kind::again) co_await Yield{test.scheduler()};
        }
        const bool both = co_await test.has(2);
        EXPECT_TRUE(both);
    };
    run(then_end(steps(*this)));
    EXPECT_EQ(counts.malformed, 1U);
    EXPECT_NE(held.lines().find("\"a\":1"), std::string::npos);
}

TEST_F(LinesTest, while_there_is_no_room_nothing_more_is_read_and_nothing_is_lost) {
    held.full = true;
    const auto steps = [](LinesTest& test) -> Task<void> {
        auto sender = co_await test.connect();
        (void)net::write(*sender, "{\"a\":1}\n");
        for (int i = 0; i < 50; ++i) co_await Yield{test.scheduler()};
        (void)net::write(*sender, "{\"a\":2}\n");
        for (int i = 0; i < 50; ++i) co_await Yield{test.scheduler()};
        EXPECT_EQ(test.taken(), 0U);
        test.held.full = false;
        test.held.at_once = true;
        const bool both = co_await test.has(2);
        EXPECT_TRUE(both);
    };
    run(then_end(steps(*this)));
    EXPECT_LT(held.lines().find("\"a\":1"), held.lines().find("\"a\":2"));
}

TEST_F(LinesTest, told_to_stop_it_keeps_what_had_come) {
    held.at_once = true;
    const auto steps = [](LinesTest& test) -> Task<void> {
        auto sender = co_await test.connect();
        (void)net::write(*sender, "{\"a\":1}\n");
        const bool one = co_await test.has(1);
        EXPECT_TRUE(one);
        (void)net::write(*sender, "{\"a\":2}\n{\"a\":3}");
        test.lines->stop();
        co_await test.lines->ended();
        EXPECT_EQ(test.taken(), 3U);
    };
    run(then_end(steps(*this)));
}

}   // namespace
}   // namespace outrigger::intake
