// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/trailers.hpp"

#include <gtest/gtest.h>

namespace outrigger::http1 {
namespace {

std::string kept(std::string lines) {
    keep_forwardable(lines);
    return lines;
}

TEST(Trailers, ordinary_fields_go_on_in_their_order) {
    EXPECT_EQ(kept("Grpc-Status: 0\r\nX-Sum:7\r\nServer-Timing: a;dur=1\r\n"),
              "Grpc-Status: 0\r\nX-Sum:7\r\nServer-Timing: a;dur=1\r\n");
}

TEST(Trailers, what_frames_routes_or_authenticates_stays_here_in_any_spelling) {
    for (const char* name : {"Content-Length", "transfer-encoding", "HOST", "Connection", "TE", "Trailer", "Set-Cookie",
                             "authorization", "X-Forwarded-For", "x-request-id", "traceparent", "Upgrade"}) {
        EXPECT_FALSE(is_forwardable_trailer(name)) << name;
        EXPECT_EQ(kept("A: 1\r\n" + std::string{name} + ": x\r\nB: 2\r\n"), "A: 1\r\nB: 2\r\n");
    }
}

TEST(Trailers, none_may_be_left) {
    EXPECT_EQ(kept(""), "");
    EXPECT_EQ(kept("Host: a\r\n"), "");
}

}   // namespace
}   // namespace outrigger::http1
