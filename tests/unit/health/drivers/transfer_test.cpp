// SPDX-License-Identifier: Apache-2.0
#include "health/drivers/transfer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "tests/unit/health/probing.hpp"

#include <sys/eventfd.h>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

std::uint16_t port_of(std::string_view scheme) { return scheme == "redis" ? 6379 : 0; }

TEST(Origin, takes_a_url_apart) {
    const Origin origin = Origin::of("redis://me:p%40ss@[::1]:7000/2", port_of);
    EXPECT_EQ(origin.user, "me");
    EXPECT_EQ(origin.password, "p@ss");
    EXPECT_EQ(origin.host, "::1");
    EXPECT_EQ(origin.port, 7000);
    EXPECT_EQ(Origin::of("redis://cache", port_of).port, 6379);
}

class TransferTest : public testing::Test {
protected:
    // A connection to this server, and nothing sent on it.
    void open(Transfer& transfer, const Server& server, const Probe& probe) {
        transfer.set(CURLOPT_URL, ("http://" + server.address()).c_str());
        transfer.set(CURLOPT_CONNECT_ONLY, 1L);
        Lookup lookup{"127.0.0.1", server.port()};
        const Origin origin{.scheme = "http", .host = "127.0.0.1", .port = server.port()};
        ASSERT_EQ(transfer.perform(probe, origin, lookup), CURLE_OK);
    }
    SystemClock clock;
};

TEST_F(TransferTest, sends_and_receives_on_a_connection) {
    const Server server{answering("ping", "pong")};
    const Probe probe{clock, 10s};
    Transfer transfer;
    open(transfer, server, probe);
    EXPECT_TRUE(transfer.send("ping", probe));
    char buffer[16];
    EXPECT_EQ(transfer.receive(buffer, sizeof buffer, probe), 4U);
    EXPECT_EQ((std::string_view{buffer, 4}), "pong");
    EXPECT_EQ(transfer.receive(buffer, sizeof buffer, probe), 0U) << "the end";
}

TEST_F(TransferTest, a_stop_ends_it) {
    const Server silent;
    const int stop = ::eventfd(1, 0);
    const Probe open_probe{clock, 10s};
    std::stop_source source;
    Transfer transfer;
    open(transfer, silent, open_probe);
    const Probe stopped{clock, 1h, source.get_token(), stop};
    char buffer[16];
    EXPECT_EQ(transfer.receive(buffer, sizeof buffer, stopped), 0U);
    ::close(stop);
}

TEST_F(TransferTest, leaves_no_descriptor_open) {
    const Server silent;
    const auto count = [] {
        const std::filesystem::directory_iterator open{"/proc/self/fd"};
        return std::distance(begin(open), end(open));
    };
    const auto once = [&] {
        const Probe probe{clock, 10s};
        Transfer transfer;
        open(transfer, silent, probe);
    };
    once();
    const auto before = count();
    for (int i = 0; i < 10; ++i) once();
    EXPECT_LT(count(), before + 10) << "but for look-ups that are still ending";
}

}   // namespace
}   // namespace outrigger::health
