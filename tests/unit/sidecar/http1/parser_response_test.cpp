// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sidecar/http1/messages.hpp"

#include <array>
#include <string>

namespace outrigger::http1 {
namespace {

TEST(Response, is_taken_apart) {
    const ResponseHead head = accepted_response(
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: "
        "keep-alive\r\n\r\n");
    EXPECT_EQ(head.status, 404);
    EXPECT_EQ(head.reason_phrase, "Not Found");
    EXPECT_EQ(head.version, Version::http11);
    EXPECT_EQ(head.body, (BodyPlan{Framing::length, 9}));
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(head.upgrade, "");
    ASSERT_EQ(head.fields.all().size(), 3U);
    EXPECT_EQ(head.fields.all()[0].value, "text/plain");
}

TEST(Response, keeps_nothing_of_the_one_that_was_parsed_into_the_same_head_before) {
    ResponseHead head;
    ASSERT_TRUE(parse_response(
        "HTTP/1.0 101 X\r\nConnection: upgrade\r\nUpgrade: w\r\nContent-Length: 3\r\n\r\n", {}, false, head));
    ASSERT_TRUE(parse_response("HTTP/1.1 200\r\n\r\n", {}, false, head));
    EXPECT_EQ(head.reason_phrase, "");
    EXPECT_EQ(head.upgrade, "");
    EXPECT_EQ(head.body, (BodyPlan{Framing::until_close, 0}));
    EXPECT_TRUE(head.fields.all().empty());
}

struct Status {
    std::string_view line;
    int status;
    std::string_view phrase;
};

TEST(Response, status_has_three_digits_and_any_phrase_or_none) {
    constexpr std::array lines{
        Status{"HTTP/1.1 200 OK", 200, "OK"},
        Status{"HTTP/1.1 200 ", 200, ""},
        Status{"HTTP/1.1 200", 200, ""},
        Status{"HTTP/1.0 500 a b  c\td", 500, "a b  c\td"},
        Status{"HTTP/1.1 200  two spaces", 200, " two spaces"},
        Status{"HTTP/1.1 200 \xc3\xa9t\xc3\xa9 beyond sixteen bytes", 200,
               "\xc3\xa9t\xc3\xa9 beyond sixteen bytes"},
        Status{"HTTP/1.1 100 Continue", 100, "Continue"},
        Status{"HTTP/1.1 599 x", 599, "x"},
        Status{"HTTP/1.1 600 x", 600, "x"},
        Status{"HTTP/1.1 999 Request denied", 999, "Request denied"},
    };
    for (const Status& line : lines) {
        SCOPED_TRACE(line.line);
        const std::string bytes = std::string{line.line} + "\r\nContent-Length: 0\r\n\r\n";
        const ResponseHead head = accepted_response(bytes);
        EXPECT_EQ(head.status, line.status);
        EXPECT_EQ(head.reason_phrase, line.phrase);
    }
}

struct Body {
    std::string_view head;
    BodyPlan plan;
    BodyPlan to_head{};  // what the same head means as the answer to HEAD
};

TEST(Response, body_is_framed_by_status_and_fields) {
    constexpr BodyPlan none;
    constexpr std::array bodies{
        Body{"200 OK\r\n", {Framing::until_close, 0}},
        Body{"200 OK\r\nContent-Length: 0\r\n", {Framing::length, 0}},
        Body{"200 OK\r\nContent-Length: 5\r\n", {Framing::length, 5}},
        Body{"200 OK\r\nTransfer-Encoding: chunked\r\n", {Framing::chunked, 0}},
        Body{"404 No\r\n", {Framing::until_close, 0}},
        Body{"205 Reset\r\nContent-Length: 0\r\n", {Framing::length, 0}},
        Body{"100 Continue\r\n", none},
        Body{"101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", none},
        Body{"103 Hints\r\nContent-Length: 5\r\n", none},
        Body{"199 x\r\nTransfer-Encoding: chunked\r\n", none},
        Body{"204 No Content\r\n", none},
        Body{"204 No Content\r\nContent-Length: 5\r\n", none},
        Body{"304 Not Modified\r\nContent-Length: 5\r\n", none},
        Body{"304 Not Modified\r\nTransfer-Encoding: chunked\r\n", none},
    };
    for (const Body& body : bodies) {
        SCOPED_TRACE(body.head);
        const std::string bytes = "HTTP/1.1 " + std::string{body.head} + "\r\n";
        EXPECT_EQ(accepted_response(bytes).body, body.plan);
        EXPECT_EQ(accepted_response(bytes, true).body, body.to_head);
    }
}

struct Persistence {
    std::string_view head;
    bool keep_alive;
};

TEST(Response, connection_is_kept_as_version_options_and_framing_allow) {
    constexpr std::array cases{
        Persistence{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", true},
        Persistence{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n", false},
        Persistence{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, CLOSE\r\n", false},
        Persistence{"HTTP/1.1 200 OK\r\n", false},
        Persistence{"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n", false},
        Persistence{"HTTP/1.1 204 No\r\n", true},
        Persistence{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n", false},
        Persistence{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n", true},
        Persistence{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", false},
    };
    for (const Persistence& one : cases) {
        SCOPED_TRACE(one.head);
        const std::string bytes = std::string{one.head} + "\r\n";
        EXPECT_EQ(accepted_response(bytes).keep_alive, one.keep_alive);
    }
}

TEST(Response, upgrades_only_where_connection_names_it) {
    EXPECT_EQ(accepted_response("HTTP/1.1 101 S\r\nUpgrade: a\r\nUpgrade: b\r\nConnection: Upgrade\r\n\r\n")
                  .upgrade,
              "a");
    EXPECT_EQ(accepted_response("HTTP/1.1 426 U\r\nUpgrade: a\r\nContent-Length: 0\r\n\r\n").upgrade, "");
    EXPECT_EQ(accepted_response("HTTP/1.0 101 S\r\nUpgrade: a\r\nConnection: Upgrade\r\n\r\n").upgrade, "");
}

TEST(Response, does_not_care_for_fields_that_only_requests_have) {
    const ResponseHead head = accepted_response(
        "HTTP/1.1 200 OK\r\nHost: a b\r\nHost: c\r\nExpect: x\r\nContent-Length: 1\r\n\r\n");
    EXPECT_EQ(head.fields.all().size(), 4U);
}

TEST(Response, names_the_fields_of_its_connection_hop_by_hop) {
    const ResponseHead head =
        accepted_response("HTTP/1.1 204 No\r\nConnection: X-One\r\nX-One: 1\r\nX-Two: 2\r\n\r\n");
    EXPECT_TRUE(is_hop_by_hop("X-One", head.fields));
    EXPECT_FALSE(is_hop_by_hop("X-Two", head.fields));
}

}  // namespace
}  // namespace outrigger::http1
