// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/forwarding.hpp"

#include <vector>

#include "sidecar/http1/parser.hpp"
#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::proxy {
namespace {

using Values = std::vector<std::string>;

// The values of all fields of this name.
Values values(const http1::Fields& fields, std::string_view name) {
    Values found;
    for (const http1::Field& field : fields.all())
        if (fields.is_shown(field) && http1::same_name(field.name, name)) found.emplace_back(field.value);
    return found;
}

class Forwarding : public ProxyBench {
protected:
    // A request with these field lines, prepared.
    void prepare(const std::string& lines, std::string_view target = "/x") {
        if (exchange) accept();
        begin("GET " + std::string{target} + " HTTP/1.1\r\nHost: shop:8080\r\n" + lines + "\r\n");
        prepared = prepare_request(*exchange);
    }
    // The caller's fields of this name, and ours.
    [[nodiscard]] Values sent(std::string_view name) const {
        Values found = values(head.fields, name);
        const std::pair<std::string_view, std::string_view> own[]{{"X-Forwarded-For", head.own.forwarded_for},
                                                                  {"X-Forwarded-Proto", head.own.forwarded_proto},
                                                                  {"X-Forwarded-Host", head.own.forwarded_host},
                                                                  {"X-Request-Id", head.own.request_id},
                                                                  {"traceparent", head.own.traceparent},
                                                                  {"Upgrade", head.own.upgrade}};
        for (const auto& [key, value] : own)
            if (key == name && !value.empty()) found.emplace_back(value);
        return found;
    }

    Result<void> prepared;
};

TEST_F(Forwarding, fields_between_the_ends_pass_untouched_and_in_order) {
    prepare(
        "Accept: a\r\nCookie: x=1\r\naccept: b\r\nAuthorization: Basic eA==\r\nTrailer: T\r\nExpect: "
        "100-continue\r\n");
    ASSERT_TRUE(prepared);
    EXPECT_EQ(sent("Accept"), (Values{"a", "b"}));
    EXPECT_EQ(sent("Cookie"), (Values{"x=1"}));
    EXPECT_EQ(sent("Authorization"), (Values{"Basic eA=="}));
    EXPECT_EQ(sent("Trailer"), (Values{"T"}));
}

TEST_F(Forwarding, what_belongs_to_the_connection_stays_here) {
    prepare(
        "Connection: keep-alive, Upgrade\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: "
        "gzip\r\n"
        "Upgrade: h2c\r\nProxy-Authorization: Basic eA==\r\nContent-Length: 0\r\nAccept: a\r\n");
    ASSERT_TRUE(prepared);
    for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade",
                             "Proxy-Authorization", "Content-Length", "Host"})
        EXPECT_TRUE(sent(name).empty()) << name;
    EXPECT_EQ(sent("Accept"), (Values{"a"}));
}

TEST_F(Forwarding, what_we_can_carry_is_asked_for_in_our_own_name) {
    prepare("Connection: upgrade, keep-alive, TE\r\nUpgrade: websocket\r\nTE: deflate, trailers\r\n");
    ASSERT_TRUE(prepared);
    EXPECT_TRUE(exchange->offers_upgrade());
    EXPECT_EQ(sent("Upgrade"), (Values{"websocket"}));
    EXPECT_TRUE(head.own.takes_trailers);
    EXPECT_TRUE(sent("Connection").empty() && sent("TE").empty()) << "the codec's business";
}

TEST_F(Forwarding, an_offer_of_http2_in_clear_ends_here) {
    prepare("Connection: upgrade\r\nUpgrade: websocket, H2C\r\n");
    ASSERT_TRUE(prepared);
    EXPECT_FALSE(exchange->offers_upgrade());
    EXPECT_TRUE(sent("Upgrade").empty() && sent("Connection").empty());
}

TEST_F(Forwarding, so_does_what_any_connection_field_names_wherever_it_stands) {
    prepare(
        "X-Own: 1\r\nConnection: x-own\r\nX-Other: 2\r\nAccept: a\r\nconnection: close, X-OTHER "
        ",\r\nX-other: 3\r\n");
    ASSERT_TRUE(prepared);
    for (const char* name : {"X-Own", "X-Other", "Connection"}) EXPECT_TRUE(sent(name).empty()) << name;
    EXPECT_EQ(sent("Accept"), (Values{"a"}));
}

// Fields close up while others are removed: what Connection says must be known until the last one.
TEST_F(Forwarding, so_does_what_a_connection_field_names_far_behind_it) {
    prepare("Connection: x-late\r\nAccept: a\r\nCookie: b\r\nUser-Agent: c\r\nX-Late: 1\r\nX-Later: 2\r\n");
    ASSERT_TRUE(prepared);
    EXPECT_TRUE(sent("X-Late").empty());
    EXPECT_EQ(sent("X-Later"), (Values{"2"}));
}

TEST_F(Forwarding, connection_cannot_take_away_what_we_say_about_the_caller) {
    prepare(
        "Connection: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Request-Id, traceparent, "
        "Host\r\n"
        "X-Request-Id: abc\r\nX-Forwarded-For: 203.0.113.1\r\nX-Forwarded-Proto: https\r\n");
    ASSERT_TRUE(prepared);
    EXPECT_EQ(sent("X-Forwarded-For"), (Values{"203.0.113.1, 192.0.2.7"}));
    EXPECT_EQ(sent("X-Forwarded-Proto"), (Values{"https"}));
    EXPECT_EQ(sent("X-Forwarded-Host"), (Values{"shop:8080"}));
    EXPECT_EQ(sent("X-Request-Id"), (Values{"abc"})) << "the app must see the id that is in our log";
    EXPECT_EQ(sent("traceparent").size(), 1u);
    EXPECT_EQ(head.host, "shop:8080");
}

TEST_F(Forwarding, the_app_learns_who_called_and_how) {
    prepare("");
    ASSERT_TRUE(prepared);
    EXPECT_EQ(sent("X-Forwarded-For"), (Values{"192.0.2.7"}));
    EXPECT_EQ(sent("X-Forwarded-Proto"), (Values{"http"}));
    EXPECT_EQ(sent("X-Forwarded-Host"), (Values{"shop:8080"}));
}

TEST_F(Forwarding, the_caller_joins_those_who_forwarded_before_in_one_field) {
    prepare("X-Forwarded-For: 203.0.113.1\r\n");
    EXPECT_EQ(sent("X-Forwarded-For"), (Values{"203.0.113.1, 192.0.2.7"}));
    prepare("X-Forwarded-For: 203.0.113.1, 203.0.113.2\r\nAccept: a\r\nx-forwarded-for: 203.0.113.3\r\n");
    EXPECT_EQ(sent("X-Forwarded-For"), (Values{"203.0.113.1, 203.0.113.2, 203.0.113.3, 192.0.2.7"}));
}

TEST_F(Forwarding, empty_fields_of_those_who_forwarded_leave_no_holes) {
    prepare("X-Forwarded-For:\r\n");
    EXPECT_EQ(sent("X-Forwarded-For"), (Values{"192.0.2.7"}));
    prepare("X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For:\r\n");
    EXPECT_EQ(sent("X-Forwarded-For"), (Values{"203.0.113.1, 192.0.2.7"}));
    prepare("X-Forwarded-For:\r\nX-Forwarded-For: 203.0.113.1\r\n");
    EXPECT_EQ(sent("X-Forwarded-For"), (Values{"203.0.113.1, 192.0.2.7"}));
}

TEST_F(Forwarding, scheme_and_host_that_somebody_before_us_saw_are_kept) {
    prepare("X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n");
    EXPECT_EQ(sent("X-Forwarded-Proto"), (Values{"https"}));
    EXPECT_EQ(sent("X-Forwarded-Host"), (Values{"shop.example"}));
}

TEST_F(Forwarding, the_request_id_is_the_one_in_our_log_and_stands_once) {
    prepare("X-Request-Id: abc\r\n");
    EXPECT_EQ(sent("X-Request-Id"), (Values{"abc"}));
    prepare("X-Request-Id: not acceptable\r\n");
    EXPECT_EQ(sent("X-Request-Id"), (Values{std::string{exchange->request_id()}}));
    prepare("");
    EXPECT_EQ(sent("X-Request-Id"), (Values{std::string{exchange->request_id()}}));
    prepare("X-Request-Id: abc\r\nx-request-id: def\r\n");
    EXPECT_EQ(sent("X-Request-Id"), (Values{std::string{exchange->request_id()}}));
}

TEST_F(Forwarding, the_trace_goes_on_with_our_span_as_the_parent) {
    prepare("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntracestate: a=1\r\n");
    EXPECT_EQ(sent("traceparent"), (Values{std::string{exchange->trace().traceparent()}}));
    EXPECT_EQ(sent("tracestate"), (Values{"a=1"}));
}

TEST_F(Forwarding, a_trace_that_begins_here_carries_no_foreign_state) {
    prepare("traceparent: 00-broken\r\ntracestate: a=1\r\n");
    EXPECT_EQ(sent("traceparent"), (Values{std::string{exchange->trace().traceparent()}}));
    EXPECT_TRUE(sent("tracestate").empty()) << "W3C Trace Context, section 3.3.1";
}

TEST_F(Forwarding, a_target_with_an_authority_goes_on_as_path_and_host) {
    prepare("", "http://other.example/y?z");
    EXPECT_EQ(head.path, "/y?z");
    EXPECT_EQ(head.host, "other.example");
    EXPECT_EQ(sent("X-Forwarded-Host"), (Values{"other.example"}));
}

TEST_F(Forwarding, what_is_added_does_not_hang_on_buffers_that_are_used_again) {
    prepare("X-Forwarded-For: 203.0.113.1\r\n");
    worker.scratch.read.fill('?');
    for (const http1::Field& field : head.fields.all())
        EXPECT_FALSE(contains(field.value, "?")) << field.name;
}

TEST_F(Forwarding, a_request_with_as_many_fields_as_may_be_has_room_for_ours) {
    std::string lines = "Connection: upgrade, te\r\nUpgrade: x\r\nTE: trailers\r\n";
    for (int i = 0; i < 124; ++i) lines += "X-" + std::to_string(i) + ": v\r\n";   // and the Host
    prepare(lines);
    ASSERT_TRUE(prepared);
    EXPECT_EQ(sent("X-123"), (Values{"v"}));
    EXPECT_EQ(sent("X-Forwarded-For").size(), 1u);
}

TEST_F(Forwarding, an_announced_body_above_the_limit_is_refused_before_it_is_read) {
    limits.body_bytes = Bytes{5};
    begin("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
    const Result<void> refused = prepare_request(*exchange);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, Reason::body_too_large);
    accept();
    begin("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(prepare_request(*exchange));
}

// A reply as the codec read it, prepared for the caller.
http1::ResponseHead reply_to(const std::string& text, bool to_head_request = false) {
    http1::ResponseHead head;
    EXPECT_TRUE(http1::parse_response(text, {}, to_head_request, head)) << text;
    prepare_reply(head);
    return head;
}

TEST(Reply, loses_what_belongs_to_the_endpoint_s_connection) {
    const std::string text =
        "HTTP/1.1 200 OK\r\nConnection: close, X-Own\r\nKeep-Alive: timeout=5\r\nX-Own: 1\r\nContent-Length: "
        "3\r\n"
        "Set-Cookie: a\r\nSet-Cookie: b\r\nProxy-Authenticate: Basic\r\n\r\n";
    const http1::ResponseHead head = reply_to(text);
    for (const char* name : {"Connection", "Keep-Alive", "X-Own", "Content-Length", "Proxy-Authenticate"})
        EXPECT_TRUE(values(head.fields, name).empty()) << name;
    EXPECT_EQ(values(head.fields, "Set-Cookie"), (Values{"a", "b"}));
}

TEST(Reply, that_has_no_body_may_still_say_how_long_it_would_have_been) {
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    EXPECT_EQ(values(reply_to(text, true).fields, "Content-Length"), (Values{"3"}));
    const std::string not_modified = "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n";
    EXPECT_EQ(values(reply_to(not_modified).fields, "Content-Length"), (Values{"3"}));
}

TEST(Reply, that_cannot_have_a_body_says_no_length) {
    for (const char* status : {"204 No Content", "100 Continue", "103 Early Hints"}) {
        const std::string text = "HTTP/1.1 " + std::string{status} + "\r\nContent-Length: 0\r\n\r\n";
        EXPECT_TRUE(values(reply_to(text).fields, "Content-Length").empty()) << status;
    }
}

}   // namespace
}   // namespace outrigger::proxy
