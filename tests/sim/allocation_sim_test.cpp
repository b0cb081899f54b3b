// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/net/fd.hpp"
#include "tests/sim/allocation_count.hpp"
#include "tests/sim/world.hpp"

#include <fcntl.h>

// The data plane takes no memory per request once it has seen the like: counted here on whole exchanges, metrics and the
// access log included, and in the log writer's thread.
namespace outrigger::sim {
namespace {

constexpr int warm_up = 100;   // fills the pools of frames and pages, and every buffer that keeps its size
constexpr int counted = 1000;

constexpr std::string_view get_request =
    "GET /users/7?full=1 HTTP/1.1\r\nHost: shop.test:8080\r\nUser-Agent: probe/1.0 (a longer one than most)\r\n"
    "Accept: application/json\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: keep-alive\r\n\r\n";
const std::string body(128, 'x');   // longer than what a std::string holds in itself
const std::string post_request =
    "POST /users HTTP/1.1\r\nHost: shop.test:8080\r\nContent-Type: text/plain\r\nContent-Length: 128\r\n\r\n" + body;
const std::string chunked_request =
    "PUT /users/7 HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n80\r\n" + body + "\r\n0\r\n\r\n";
const std::string plain_reply =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 128\r\n\r\n" + body;
const std::string chunked_reply =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n80\r\n" + body + "\r\n0\r\n\r\n";

class Allocation : public testing::Test {
protected:
    void SetUp() override {
        if (allocations_are_counted()) return;
        std::puts("SKIPPED: a sanitizer owns the allocator");
        GTEST_SKIP();
    }

    // How many allocations so many exchanges on one connection make within the data plane.
    static std::uint64_t made_by(World& world, Peer& caller, std::string_view request, std::string_view reply, int times) {
        std::uint64_t made = 0;
        const auto run = [&] {
            const std::uint64_t before = allocations();
            world.loop.run();
            made += allocations() - before;
        };
        for (int i = 0; i < times; ++i) {
            EXPECT_EQ(caller.write(request), "");
            run();
            EXPECT_NE(world.app(0).read(), "");
            EXPECT_EQ(world.app(0).write(reply), "");
            run();
            EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 200 OK\r\n"));
        }
        return made;
    }
    static std::uint64_t steady(std::string_view request, std::string_view reply) {
        World world;
        Peer& caller = world.connect_caller();
        (void)made_by(world, caller, request, reply, warm_up);
        const std::uint64_t made = made_by(world, caller, request, reply, counted);
        EXPECT_EQ(world.app_connections(), 1u);
        EXPECT_EQ(world.logged(), std::uint64_t{warm_up + counted});
        return made;
    }
};

TEST_F(Allocation, is_counted) {
    const std::uint64_t before = allocations();
    const std::vector<int> kept(100);
    EXPECT_EQ(allocations(), before + 1);
    World world;
    Peer& caller = world.connect_caller();
    EXPECT_GT(made_by(world, caller, get_request, plain_reply, 1), 0u) << "the first exchange fills the pools";
}

TEST_F(Allocation, is_not_needed_for_a_get) { EXPECT_EQ(steady(get_request, plain_reply), 0u); }
TEST_F(Allocation, is_not_needed_for_a_small_post) { EXPECT_EQ(steady(post_request, plain_reply), 0u); }
TEST_F(Allocation, is_not_needed_for_a_chunked_reply) { EXPECT_EQ(steady(get_request, chunked_reply), 0u); }
TEST_F(Allocation, is_not_needed_for_a_chunked_request) { EXPECT_EQ(steady(chunked_request, plain_reply), 0u); }

TEST_F(Allocation, is_not_needed_to_write_the_log) {
    const net::Fd nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    logging::Writer writer{nowhere.number()};
    writer.start();
    const auto write_lines = [&] {
        for (int i = 0; i < counted; ++i) ASSERT_TRUE(writer.append("a line\n"));
        ASSERT_TRUE(writer.flush(std::chrono::seconds{10}));
    };
    write_lines();
    const std::uint64_t before = allocations();
    for (int i = 0; i < 10; ++i) write_lines();
    EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace outrigger::sim
