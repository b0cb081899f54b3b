// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sidecar/http1/messages.hpp"

#include <array>
#include <string>
#include <vector>

namespace outrigger::http1 {
namespace {

TEST(Request, of_a_browser_is_taken_apart) {
    const RequestHead head = accepted(
        "POST /orders/7?full=1 HTTP/1.1\r\n"
        "Host: shop.example:8080\r\n"
        "User-Agent: probe/1.0 (x; y)\r\n"
        "X-Request-Id: 4f6c\r\n"
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
        "X-Forwarded-For: 203.0.113.7\r\n"
        "X-Forwarded-Proto: https\r\n"
        "X-Forwarded-Host: shop.example\r\n"
        "Connection: keep-alive\r\n"
        "Content-Length: 12\r\n"
        "\r\n");
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/orders/7?full=1");
    EXPECT_EQ(head.path, "/orders/7?full=1");
    EXPECT_EQ(head.host, "shop.example:8080");
    EXPECT_EQ(head.version, Version::http11);
    EXPECT_EQ(head.body, (BodyPlan{Framing::length, 12}));
    EXPECT_TRUE(head.keep_alive);
    EXPECT_FALSE(head.expects_continue);
    EXPECT_EQ(head.upgrade, "");
    EXPECT_EQ(head.connection, "keep-alive");
    EXPECT_EQ(head.user_agent, "probe/1.0 (x; y)");
    EXPECT_EQ(head.request_id, "4f6c");
    EXPECT_EQ(head.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    EXPECT_EQ(head.forwarded_for, "203.0.113.7");
    EXPECT_EQ(head.forwarded_proto, "https");
    EXPECT_EQ(head.forwarded_host, "shop.example");
    ASSERT_EQ(head.fields.all().size(), 9U);
    EXPECT_EQ(head.fields.all()[0].name, "Host");
    EXPECT_EQ(head.fields.all()[8].name, "Content-Length");
    EXPECT_EQ(head.fields.all()[8].value, "12");
}

TEST(Request, keeps_nothing_of_the_one_that_was_parsed_into_the_same_head_before) {
    RequestHead head;
    const std::string first =
        "POST http://b/x HTTP/1.0\r\nHost: a\r\nConnection: upgrade, keep-alive\r\nUser-Agent: "
        "u\r\nX-Request-Id: i\r\n"
        "Content-Length: 5\r\n\r\n";
    ASSERT_TRUE(parse_request(first, {}, head));
    ASSERT_TRUE(parse_request("GET / HTTP/1.1\r\nHost:\r\n\r\n", {}, head));
    EXPECT_EQ(head.host, "");
    EXPECT_EQ(head.connection, "");
    EXPECT_EQ(head.user_agent, "");
    EXPECT_EQ(head.request_id, "");
    EXPECT_EQ(head.body, BodyPlan{});
    EXPECT_EQ(head.version, Version::http11);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(head.fields.all().size(), 1U);
}

TEST(Request, may_stand_behind_one_empty_line) {
    EXPECT_EQ(accepted("\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n").path, "/a");
}

TEST(Request, of_http_1_0_needs_no_host) {
    const RequestHead head = accepted("GET /a HTTP/1.0\r\n\r\n");
    EXPECT_EQ(head.version, Version::http10);
    EXPECT_EQ(head.host, "");
    EXPECT_TRUE(head.fields.all().empty());
}

TEST(Request, method_is_any_token_of_up_to_32_bytes) {
    for (const std::string method :
         {"GET", "M-SEARCH", "get", "1", "!#$%&'*+-.^_`|~", "0123456789012345678901234567890_"})
        EXPECT_EQ(accepted(method + " / HTTP/1.1\r\nHost: a\r\n\r\n").method.size(), method.size());
}

struct Target {
    std::string_view line;
    std::string_view path;
    std::string_view host;
};

TEST(Request, target_says_what_goes_upstream_and_to_whom) {
    constexpr std::array targets{
        Target{"GET /", "/", "from.host"},
        Target{"GET /a/../b//c;d=e?f&g=/?h", "/a/../b//c;d=e?f&g=/?h", "from.host"},
        Target{"GET //a/b", "//a/b", "from.host"},
        Target{"GET /%00%zz%", "/%00%zz%", "from.host"},  // escapes are the app's to judge
        Target{"GET /\"<>[]\\^`{|}", "/\"<>[]\\^`{|}", "from.host"},
        Target{"GET /http://b/c", "/http://b/c", "from.host"},
        Target{"GET http://b", "/", "b"},
        Target{"GET http://b/", "/", "b"},
        Target{"GET http://b:81/c?d", "/c?d", "b:81"},
        Target{"GET http://b:/c", "/c", "b:"},
        Target{"GET HTTPS://B.example/c?d=http://e", "/c?d=http://e", "B.example"},
        Target{"GET http://[2001:db8::1]:80/c", "/c", "[2001:db8::1]:80"},
        Target{"GET http://[::ffff:1.2.3.4]", "/", "[::ffff:1.2.3.4]"},
        Target{"GET http://a%2Fb/c", "/c", "a%2Fb"},
        Target{"OPTIONS *", "*", "from.host"},
        Target{"OPTIONS /", "/", "from.host"},
        Target{"OPTIONS http://b", "*", "b"},
        Target{"OPTIONS http://b/", "/", "b"},
        Target{"CONNECT b:443", "b:443", "b:443"},
        Target{"CONNECT [::1]:443", "[::1]:443", "[::1]:443"},
    };
    for (const Target& target : targets) {
        SCOPED_TRACE(target.line);
        const std::string bytes = std::string{target.line} + " HTTP/1.1\r\nHost: from.host\r\n\r\n";
        const RequestHead head = accepted(bytes);
        EXPECT_EQ(head.target, target.line.substr(target.line.find(' ') + 1));
        EXPECT_EQ(head.path, target.path);
        EXPECT_EQ(head.host, target.host);
        EXPECT_EQ(value_of(head.fields, "host"), target.host) << "the Host that goes on is the target's";
    }
}

TEST(Request, host_may_be_whatever_a_uri_host_may_be) {
    for (const std::string host : {"a", "a.b-c.example", "a_b", "127.0.0.1", "127.0.0.1:8080", "[::1]",
                                   "[::1]:80", "a:", "a:0", "a:65535", "b%C3%BCcher.example", "a%41",
                                   "a!$&'()*+,;=~", "x--very-long-name-beyond-sixteen-bytes:1"})
        EXPECT_EQ(accepted("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").fields.all()[0].value, host);
}

TEST(Request, host_may_be_empty_but_not_missing) {
    EXPECT_EQ(accepted("GET / HTTP/1.1\r\nHost:\r\n\r\n").host, "");
    EXPECT_EQ(accepted("GET http://b/ HTTP/1.1\r\nHost:\r\n\r\n").host, "b");
}

TEST(Request, field_values_lose_the_blanks_around_them_and_nothing_else) {
    const std::string bytes = get_with(
        "A:b\r\nB: b\r\nC:  \t b \t \r\nD:\r\nE: \r\nF: \t \r\nG: a  b\tc\r\nH: \xff\x80\xe4\r\nI: "
        ":\r\nJ::\r\n"
        "K: a long value with a tab\tbeyond sixteen bytes and \"quotes\"  \t\r\n");
    const RequestHead head = accepted(bytes);
    const std::array<std::string_view, 11> values{
        "b",
        "b",
        "b",
        "",
        "",
        "",
        "a  b\tc",
        "\xff\x80\xe4",
        ":",
        ":",
        "a long value with a tab\tbeyond sixteen bytes and \"quotes\""};
    ASSERT_EQ(head.fields.all().size(), values.size() + 1);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(head.fields.all()[i + 1].value, values[i]) << i;
}

TEST(Request, field_names_are_known_in_any_case) {
    const std::string bytes =
        "GET / HTTP/1.1\r\nhOsT: a\r\nuSER-aGENT: u\r\nX-REQUEST-ID: i\r\nTRACEparent: t\r\nx-forwarded-FOR: "
        "f\r\n"
        "x-FORWARDED-proto: p\r\nX-forwarded-HOST: h\r\ncontent-LENGTH: 3\r\nEXPECT: 100-CONTINUE\r\n"
        "CONNECTION: UPGRADE\r\nUPGRADE: w\r\n\r\n";
    const RequestHead head = accepted(bytes);
    EXPECT_EQ(head.host, "a");
    EXPECT_EQ(head.user_agent, "u");
    EXPECT_EQ(head.request_id, "i");
    EXPECT_EQ(head.traceparent, "t");
    EXPECT_EQ(head.forwarded_for, "f");
    EXPECT_EQ(head.forwarded_proto, "p");
    EXPECT_EQ(head.forwarded_host, "h");
    EXPECT_EQ(head.body.length, 3U);
    EXPECT_TRUE(head.expects_continue);
    EXPECT_EQ(head.upgrade, "w");
}

TEST(Request, fields_whose_names_only_resemble_known_ones_mean_nothing) {
    const std::string bytes = get_with(
        "Hosu: b\r\nHos_: b\r\nContent_Length: 5\r\nContent-Lengti: 5\r\nXontent-Length: "
        "5\r\nTransfer_Encoding: chunked\r\n"
        "Transfer-Encodinh: chunked\r\nUransfer-Encoding: chunked\r\nX-Request_Id: i\r\nExpecu: "
        "x\r\nConnectiom: close\r\n"
        "Usfr-agent: u\r\nTraceparenu: t\r\nX-Forwarded-Foq: f\r\nX-Forwarded-Hosu: h\r\nX-Forwarded-Pront: "
        "p\r\nUpgradf: u\r\n");
    const RequestHead head = accepted(bytes);
    EXPECT_EQ(head.host, "a");
    EXPECT_EQ(head.body, BodyPlan{});
    EXPECT_TRUE(head.keep_alive);
    for (const std::string_view unset :
         {head.request_id, head.connection, head.user_agent, head.traceparent, head.forwarded_for,
          head.forwarded_host, head.forwarded_proto, head.upgrade})
        EXPECT_EQ(unset, "");
}

TEST(Request, of_several_fields_the_first_that_is_not_empty_counts) {
    const std::string bytes = get_with(
        "X-Request-Id:\r\nX-Request-Id: 1\r\nX-Request-Id: 2\r\nUser-Agent: a\r\nUser-Agent: "
        "b\r\nX-Forwarded-Proto: p\r\n"
        "X-Forwarded-Proto: q\r\nX-Forwarded-Host: h\r\nX-Forwarded-Host: i\r\n");
    const RequestHead head = accepted(bytes);
    EXPECT_EQ(head.request_id, "1");
    EXPECT_EQ(head.user_agent, "a");
    EXPECT_EQ(head.forwarded_proto, "p");
    EXPECT_EQ(head.forwarded_host, "h");
}

TEST(Request, of_several_x_forwarded_for_the_last_one_counts_for_there_one_appends) {
    const std::string bytes =
        get_with("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\r\nX-Forwarded-For:\r\n");
    EXPECT_EQ(accepted(bytes).forwarded_for, "2.2.2.2, 3.3.3.3");
}

TEST(Request, with_several_traceparents_has_none) {
    EXPECT_EQ(accepted(get_with("traceparent: a\r\ntraceparent: b\r\n")).traceparent, "");
    EXPECT_EQ(accepted(get_with("traceparent: a\r\ntraceparent: b\r\ntraceparent: c\r\n")).traceparent, "");
}

struct Body {
    std::string_view lines;
    BodyPlan plan;
};

TEST(Request, body_is_framed_by_what_its_fields_say) {
    constexpr std::array bodies{
        Body{"", {}},
        Body{"Content-Length: 0\r\n", {Framing::length, 0}},
        Body{"Content-Length: 1\r\n", {Framing::length, 1}},
        Body{"Content-Length:  007 \r\n", {Framing::length, 7}},
        Body{"Content-Length: 5368709120\r\n", {Framing::length, 5368709120}},
        Body{"Content-Length: 9223372036854775807\r\n", {Framing::length, 9223372036854775807}},
        Body{"Transfer-Encoding: chunked\r\n", {Framing::chunked, 0}},
        Body{"Transfer-Encoding: \tCHUNKED \r\n", {Framing::chunked, 0}},
        Body{"TE: trailers, chunked\r\n", {}},
    };
    for (const Body& body : bodies) {
        SCOPED_TRACE(body.lines);
        EXPECT_EQ(accepted(get_with(body.lines)).body, body.plan);
    }
}

struct Persistence {
    std::string_view version;
    std::string_view lines;
    bool keep_alive;
};

TEST(Request, connection_is_kept_as_version_and_connection_options_say) {
    constexpr std::array cases{
        Persistence{"1.1", "", true},
        Persistence{"1.1", "Connection: close\r\n", false},
        Persistence{"1.1", "Connection: CLOSE\r\n", false},
        Persistence{"1.1", "Connection: keep-alive\r\n", true},
        Persistence{"1.1", "Connection: keep-alive, close\r\n", false},
        Persistence{"1.1", "Connection: keep-alive\r\nConnection: x ,\tClose ,, y\r\n", false},
        Persistence{"1.1", "Connection: closed, xclose, clos\r\n", true},
        Persistence{"1.1", "Connection:\r\n", true},
        Persistence{"1.1", "Proxy-Connection: close\r\n", true},
        Persistence{"1.0", "", false},
        Persistence{"1.0", "Connection: keep-alive\r\n", true},
        Persistence{"1.0", "Connection: Keep-Alive, x\r\n", true},
        Persistence{"1.0", "Connection: x\r\nConnection: keep-alive\r\n", true},
        Persistence{"1.0", "Connection: close, keep-alive\r\n", false},
        Persistence{"1.0", "Keep-Alive: timeout=5\r\n", false},
    };
    for (const Persistence& one : cases) {
        SCOPED_TRACE(one.lines);
        const std::string bytes =
            "GET / HTTP/" + std::string{one.version} + "\r\nHost: a\r\n" + std::string{one.lines} + "\r\n";
        EXPECT_EQ(accepted(bytes).keep_alive, one.keep_alive);
    }
}

TEST(Request, asks_for_an_upgrade_only_where_connection_names_it) {
    EXPECT_EQ(accepted(get_with("Upgrade: websocket\r\nConnection: Upgrade\r\n")).upgrade, "websocket");
    EXPECT_EQ(accepted(get_with("Connection: keep-alive, upgrade\r\nUpgrade: websocket, x\r\n")).upgrade,
              "websocket, x");
    EXPECT_EQ(accepted(get_with("Upgrade: websocket\r\n")).upgrade, "");
    EXPECT_EQ(accepted(get_with("Upgrade: websocket\r\nConnection: upgraded\r\n")).upgrade, "");
    EXPECT_EQ(accepted(get_with("Connection: Upgrade\r\n")).upgrade, "");
    EXPECT_EQ(accepted("GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n").upgrade, "");
}

TEST(Request, waits_for_100_continue_only_in_1_1_and_with_a_body) {
    EXPECT_TRUE(accepted(get_with("Expect: 100-continue\r\nContent-Length: 1\r\n")).expects_continue);
    EXPECT_TRUE(
        accepted(get_with("Transfer-Encoding: chunked\r\nExpect: 100-Continue\r\n")).expects_continue);
    EXPECT_FALSE(accepted(get_with("Expect: 100-continue\r\nContent-Length: 0\r\n")).expects_continue);
    EXPECT_FALSE(accepted(get_with("Expect: 100-continue\r\n")).expects_continue);
    const std::string old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
    EXPECT_FALSE(accepted(old).expects_continue);
    EXPECT_FALSE(accepted("POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\n").expects_continue);
}

TEST(Request, views_point_into_the_parsed_bytes) {
    const std::string bytes = get_with("X-Request-Id: i\r\n");
    const RequestHead head = accepted(bytes);
    for (const std::string_view view : {head.method, head.target, head.path, head.host, head.request_id})
        EXPECT_TRUE(view.data() >= bytes.data() && view.data() + view.size() <= bytes.data() + bytes.size())
            << view;
}

}  // namespace
}  // namespace outrigger::http1
