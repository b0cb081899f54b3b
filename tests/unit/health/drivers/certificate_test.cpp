// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/drivers.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "tests/unit/health/probing.hpp"

// Real certificates are shown to it in tests/system.
namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

TEST(Certificate, without_tls_it_is_down) {
    const std::uint16_t port = dead_port();
    EXPECT_EQ(run(certificate("127.0.0.1", port, 1h)),
              down("connect ECONNREFUSED 127.0.0.1:" + std::to_string(port)));
    const Server silent;
    EXPECT_EQ(run(certificate("127.0.0.1", silent.port(), 1h), 50ms), down("timeout of 50ms exceeded"));
    const Server plain{answering("\x01", "HTTP/1.1 400 Bad Request\r\n\r\n")};
    EXPECT_EQ(run(certificate("127.0.0.1", plain.port(), 1h), 5s).status, Status::down);
}

TEST(Certificate, refuses_what_makes_no_sense) {
    EXPECT_THROW((void)certificate("", 443, 1h), std::invalid_argument);
    EXPECT_THROW((void)certificate("a", 0, 1h), std::invalid_argument);
    EXPECT_THROW((void)certificate("a", 443, -1h), std::invalid_argument);
}

}   // namespace
}   // namespace outrigger::health
