// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/local_reply.hpp"

#include <cerrno>

#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::proxy {
namespace {

class LocalReplyTest : public ProxyBench {
protected:
    std::string sent(const LocalReply& reply, bool to_head = false, std::string_view allow = {}) {
        receive(to_head ? "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" : "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        write_local_reply(reply, *downstream, arena, to_head, allow);
        EXPECT_TRUE(downstream->push());
        keeps_alive = downstream->keeps_alive();
        return caller.read();
    }
    bool keeps_alive = false;
};

TEST_F(LocalReplyTest, is_a_problem_document) {
    const LocalReply reply{{Reason::connect_failed}, "It did not answer.", "id-1"};
    EXPECT_EQ(sent(reply),
              "HTTP/1.1 502 Bad Gateway\r\n"
              "Content-Length: 116\r\n"
              "Content-Type: application/problem+json\r\n"
              "Proxy-Status: outrigger; error=destination_unavailable; details=\"connect_failed\"\r\n"
              "Cache-Control: no-store\r\n"
              "X-Request-Id: id-1\r\n"
              "\r\n"
              "{\"status\":502,\"title\":\"Connect failed\",\"detail\":\"It did not answer.\","
              "\"reason\":\"connect_failed\",\"request_id\":\"id-1\"}\n");
    EXPECT_TRUE(keeps_alive);
}

TEST_F(LocalReplyTest, to_a_head_request_is_the_same_head_alone) {
    const LocalReply reply{{Reason::connect_failed}, "It did not answer.", "id-1"};
    const std::string whole = sent(reply);
    EXPECT_EQ(sent(reply, true), whole.substr(0, whole.find("\r\n\r\n") + 4));
    EXPECT_TRUE(keeps_alive);
}

TEST_F(LocalReplyTest, to_a_request_that_was_never_understood_has_no_id) {
    const std::string text = sent({{Reason::bad_request}, "No.", ""});
    EXPECT_TRUE(text.starts_with("HTTP/1.1 400 Bad Request\r\n")) << text;
    EXPECT_FALSE(contains(text, "equest_id") || contains(text, "X-Request-Id"));
}

TEST_F(LocalReplyTest, says_when_to_come_back_in_whole_seconds_rounded_up) {
    EXPECT_TRUE(contains(sent({{Reason::rate_limited, "", 0, 1200ms}, "", "i"}), "\r\nRetry-After: 2\r\n"));
    EXPECT_TRUE(contains(sent({{Reason::rate_limited, "", 0, 1ms}, "", "i"}), "\r\nRetry-After: 1\r\n"));
    EXPECT_FALSE(contains(sent({{Reason::rate_limited}, "", "i"}), "Retry-After"));
}

TEST_F(LocalReplyTest, says_which_methods_would_do) {
    EXPECT_TRUE(contains(sent({{Reason::method_not_allowed}, "", "i"}, false, "GET, HEAD"),
                         "\r\nAllow: GET, HEAD\r\n"));
}

TEST_F(LocalReplyTest, a_reason_without_a_registered_error_has_only_our_word) {
    EXPECT_TRUE(contains(sent({{Reason::caller_left}, "", "i"}),
                         "Proxy-Status: outrigger; details=\"caller_left\"\r\n"));
}

TEST_F(LocalReplyTest, text_from_outside_cannot_break_the_document) {
    const std::string text = sent({{Reason::bad_request}, "a \"quoted\" \\ and\nnew\tline", "id\"\\1"});
    EXPECT_TRUE(contains(text, "\"detail\":\"a \\\"quoted\\\" \\\\ and new line\"")) << text;
    EXPECT_TRUE(contains(text, "\"request_id\":\"id\\\"\\\\1\"")) << text;
}

TEST_F(LocalReplyTest, the_largest_document_is_still_whole) {
    const std::string quotes(600, '"');
    const std::string id(128, '"');
    const std::string_view detail = explain({Reason::upstream_protocol_error, quotes}, "shop:80", arena);
    const std::string text = sent({{Reason::upstream_protocol_error}, detail, id});
    EXPECT_TRUE(text.ends_with("\"}\n")) << text;
    const std::size_t announced = std::stoul(text.substr(text.find("Content-Length: ") + 16));
    EXPECT_EQ(text.size() - text.find("\r\n\r\n") - 4, announced);
}

TEST_F(LocalReplyTest, every_reason_can_be_told) {
    for (const ReasonFacts& facts : reasons) {
        if (facts.status == 0) continue;   // as configured, not from here
        const std::string text = sent({{facts.reason}, explain({facts.reason}, "shop:80", arena), "id"});
        EXPECT_TRUE(text.starts_with("HTTP/1.1 " + std::to_string(facts.status) + " ")) << text;
        EXPECT_TRUE(contains(text, "\"reason\":\"" + std::string{facts.word} + "\"")) << text;
    }
}

using Explain = ProxyBench;

TEST_F(Explain, without_a_detail_is_the_reason_s_meaning) {
    EXPECT_EQ(explain({Reason::starting}, "shop:80", arena), "The app does not listen yet.");
    EXPECT_EQ(explain({Reason::starting}, {}, arena), "The app does not listen yet.");
}

TEST_F(Explain, names_the_endpoint_the_detail_and_the_system_s_error) {
    EXPECT_EQ(explain({Reason::connect_failed, "connect", ECONNREFUSED}, "shop:80", arena),
              "No connection to the destination could be made: shop:80: connect: Connection refused.");
    EXPECT_EQ(explain({Reason::connect_failed, "connect"}, "shop:80", arena),
              "No connection to the destination could be made: shop:80: connect.");
}

TEST_F(Explain, without_an_endpoint_begins_with_the_detail) {
    EXPECT_EQ(explain({Reason::body_too_large, "6 bytes"}, {}, arena),
              "The request's body exceeds limits.body_bytes: 6 bytes.");
}

TEST_F(Explain, a_system_error_without_a_name_is_a_number) {
    EXPECT_TRUE(contains(explain({Reason::connect_failed, "connect", 9999}, "shop:80", arena), "9999"));
}

}   // namespace
}   // namespace outrigger::proxy
