// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "tests/sim/world.hpp"

// What is no longer HTTP/1.1: upgrades, and HTTP/2 with prior knowledge.
namespace outrigger::sim {
namespace {

constexpr std::string_view upgrade_request =
    "GET /chat HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";
constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: a\r\n\r\n";
constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class Upgrade : public testing::Test {
protected:
    // Both sides have agreed.
    void switch_protocols(std::string_view with_first_bytes = "") {
        caller.write(upgrade_request);
        world.loop.run();
        EXPECT_TRUE(contains(app().read(), "\r\nUpgrade: websocket\r\n"));
        app().write(std::string{switching} + std::string{with_first_bytes});
        world.loop.run();
        const std::string head = caller.read();
        EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
        EXPECT_TRUE(contains(head, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")) << head;
        EXPECT_TRUE(head.ends_with("\r\n\r\n" + std::string{with_first_bytes})) << head;
    }
    Peer& app() { return world.app(world.app_connections() - 1); }

    World world;
    Peer& caller = world.connect_caller();
};

TEST_F(Upgrade, makes_a_tunnel_that_ends_with_its_sides) {
    switch_protocols("hello from the app");
    caller.write("frame");
    world.loop.run();
    EXPECT_EQ(app().read(), "frame");
    app().write("frame back");
    world.loop.run();
    EXPECT_EQ(caller.read(), "frame back");
    EXPECT_EQ(world.logged(), 0u);
    caller.shut_down_writing();
    app().shut_down_writing();
    world.loop.run();
    EXPECT_EQ(world.logged(), 1u);
    EXPECT_EQ(world.serving(), 0u) << "the connection carries nothing further";
}

TEST_F(Upgrade, refused_by_the_app_is_a_reply_like_any_other) {
    caller.write(upgrade_request);
    world.loop.run();
    app().write("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
    world.loop.run();
    EXPECT_TRUE(caller.read().ends_with("\r\n\r\nno"));
    caller.write("GET /next HTTP/1.1\r\nHost: shop\r\n\r\n");
    world.loop.run();
    EXPECT_TRUE(contains(app().read(), "GET /next "));
}

TEST_F(Upgrade, does_not_end_because_its_caller_closes_its_side) {
    switch_protocols();
    caller.shut_down_writing();
    world.loop.run();
    app().write("still here");
    world.loop.run();
    EXPECT_EQ(caller.read(), "still here");
}

TEST_F(Upgrade, is_cut_when_the_app_breaks_off) {
    switch_protocols();
    app().reset();
    world.loop.run();
    EXPECT_EQ(world.serving(), 0u);
    (void)caller.read();
    EXPECT_TRUE(caller.broken());
}

// A cut must not look like an orderly end, whatever the tunnel is doing at that moment.
TEST_F(Upgrade, that_is_cut_while_one_side_has_ended_is_broken_off) {
    switch_protocols();
    caller.shut_down_writing();
    world.loop.run();
    const std::string much(200'000, 'x');
    std::string_view left = app().write(much);
    for (int turns = 0; turns < 3; ++turns) world.loop.scheduler().turn();
    world.cut();
    world.loop.run();
    (void)caller.read();
    EXPECT_TRUE(caller.broken());
    EXPECT_FALSE(left.empty());
    EXPECT_EQ(world.logged(), 1u);
}

TEST_F(Upgrade, leaves_no_connection_behind_for_the_pool) {
    switch_protocols();
    caller.close();
    app().shut_down_writing();
    world.loop.advance(2s);
    Peer& other = world.connect_caller();
    other.write("GET / HTTP/1.1\r\nHost: shop\r\n\r\n");
    world.loop.run();
    EXPECT_EQ(world.app_connections(), 2u);
}

TEST_F(Upgrade, may_be_split_at_any_byte) {
    for (std::size_t cut = 1; cut < switching.size(); ++cut) {
        World split;
        Peer& peer = split.connect_caller();
        peer.write(upgrade_request);
        split.loop.run();
        split.app(0).write(switching.substr(0, cut));
        split.loop.run();
        split.app(0).write(std::string{switching.substr(cut)} + "x");
        split.loop.run();
        EXPECT_TRUE(peer.read().ends_with("\r\n\r\nx")) << cut;
        peer.close();
    }
}

TEST(PriorKnowledge, is_carried_to_the_app_byte_for_byte_wherever_it_is_split) {
    for (std::size_t cut = 1; cut <= preface.size(); ++cut) {
        World world;
        Peer& caller = world.connect_caller();
        caller.write(preface.substr(0, cut));
        world.loop.run();
        caller.write(std::string{preface.substr(cut)} + "frames");
        world.loop.run();
        ASSERT_EQ(world.app_connections(), 1u) << cut;
        EXPECT_EQ(world.app(0).read(), std::string{preface} + "frames") << cut;
        world.app(0).write("settings");
        world.loop.run();
        EXPECT_EQ(caller.read(), "settings");
        caller.close();
    }
}

TEST(PriorKnowledge, is_not_taken_behind_a_request) {
    World world;
    Peer& caller = world.connect_caller();
    caller.write("GET / HTTP/1.1\r\nHost: shop\r\n\r\n");
    world.loop.run();
    world.app(0).write("HTTP/1.1 204 No Content\r\n\r\n");
    world.loop.run();
    (void)caller.read();
    caller.write(preface);
    world.loop.run();
    EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 400 "));
    EXPECT_EQ(world.app_connections(), 1u);
}

// An app that speaks HTTP/1.1 would take what follows for requests that nobody has looked at.
TEST(PriorKnowledge, is_refused_when_only_its_first_part_is_there) {
    for (const char* behind : {"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "SM\r\n\rx", "S", "\r\n"}) {
        World world;
        Peer& caller = world.connect_caller();
        caller.write("PRI * HTTP/2.0\r\n\r\n");
        world.loop.run();
        caller.write(behind);
        caller.write("xxxxxx");
        world.loop.run();
        EXPECT_TRUE(caller.read().starts_with("HTTP/1.1 400 ")) << behind;
        EXPECT_EQ(world.app_connections(), 0u);
    }
}

TEST(PriorKnowledge, breaks_off_when_there_is_no_app) {
    World world;
    world.connector->fault = Fault{Reason::connect_failed, "connect"};
    Peer& caller = world.connect_caller();
    caller.write(preface);
    world.loop.run();
    EXPECT_EQ(caller.read(), "");
    EXPECT_TRUE(caller.broken());
    EXPECT_EQ(world.serving(), 0u);
}

}   // namespace
}   // namespace outrigger::sim
