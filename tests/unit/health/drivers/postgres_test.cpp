// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/drivers.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "tests/unit/health/probing.hpp"

// With servers of a few bytes; tests/system has the real one.
namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

std::string dsn(const Server& server, const std::string& host = "127.0.0.1") {
    return "host=" + host + " port=" + std::to_string(server.port()) +
           " dbname=a user=a sslmode=disable gssencmode=disable";
}

TEST(Postgres, nobody_there_is_down) {
    const Outcome outcome = run(postgres("host=127.0.0.1 user=a port=" + std::to_string(dead_port())));
    EXPECT_EQ(outcome.status, Status::down);
    EXPECT_NE(outcome.message.find("Connection refused"), std::string::npos) << outcome.message;
    EXPECT_EQ(outcome.message.find('\n'), std::string::npos);
    EXPECT_TRUE(run(postgres("postgres://a@no-such-name.invalid/a")).message.starts_with("getaddrinfo "));
}

TEST(Postgres, silence_ends_at_the_timeout) {
    const Server silent;
    EXPECT_EQ(run(postgres(dsn(silent)), 50ms), down("timeout of 50ms exceeded"));
    EXPECT_EQ(run(postgres(dsn(silent, "localhost")), 50ms), down("timeout of 50ms exceeded"));
}

TEST(Postgres, what_is_no_postgres_is_down) {
    for (const char* answer : {"HTTP/1.1 400 Bad Request\r\n\r\n", "", "EEEEEEEEEEEEEEEE", "R"}) {
        const Server garbage{answering(std::string("health\0\0", 8), answer)};
        const Outcome outcome = run(postgres(dsn(garbage)), 5s);
        EXPECT_EQ(outcome.status, Status::down) << answer;
        EXPECT_FALSE(outcome.message.empty());
    }
}

TEST(Postgres, refuses_what_is_no_connection_string_without_repeating_it) {
    for (const char* text :
         {"colour=red password=secret", "postgres://a:secret@h/a?colour=red", "host='open password=secret"}) {
        try {
            (void)postgres(text);
            FAIL() << text;
        } catch (const std::invalid_argument& refused) {
            EXPECT_EQ(std::string{refused.what()}.find("secret"), std::string::npos) << refused.what();
        }
    }
}

}   // namespace
}   // namespace outrigger::health
