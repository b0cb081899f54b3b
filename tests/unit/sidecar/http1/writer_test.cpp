// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/writer.hpp"

#include "tests/unit/sidecar/http1/messages.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>

namespace outrigger::http1 {
namespace {

TEST(HeadWriter, writes_a_request) {
    std::array<char, 256> storage{};
    HeadWriter writer{storage};
    writer.request_line("GET", "/a?b");
    writer.field("Host", "c");
    writer.field("X-Empty", "");
    writer.content_length(42);
    writer.field("X-Forwarded-For", "1.1.1.1, 2.2.2.2");
    writer.end();
    EXPECT_FALSE(writer.overflowed());
    EXPECT_EQ(writer.written(),
              "GET /a?b HTTP/1.1\r\nHost: c\r\nX-Empty: \r\nContent-Length: 42\r\nX-Forwarded-For: 1.1.1.1, "
              "2.2.2.2\r\n\r\n");
}

TEST(HeadWriter, writes_a_response) {
    std::array<char, 256> storage{};
    HeadWriter writer{storage};
    writer.status_line(204, "No Content");
    writer.end();
    EXPECT_EQ(writer.written(), "HTTP/1.1 204 No Content\r\n\r\n");
    HeadWriter without_phrase{storage};
    without_phrase.status_line(999, "");
    EXPECT_EQ(without_phrase.written(), "HTTP/1.1 999 \r\n");
}

TEST(HeadWriter, writes_the_smallest_and_the_largest_number) {
    std::array<char, 256> storage{};
    HeadWriter writer{storage};
    writer.content_length(0);
    writer.content_length(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(writer.written(), "Content-Length: 0\r\nContent-Length: 18446744073709551615\r\n");
}

TEST(HeadWriter, takes_empty_views_that_point_nowhere) {
    std::array<char, 256> storage{};
    HeadWriter writer{storage};
    writer.field("A", std::string_view{});
    EXPECT_EQ(writer.written(), "A: \r\n");
}

TEST(HeadWriter, drops_a_line_that_does_not_fit_and_all_that_follow) {
    std::array<char, 16> storage{};
    HeadWriter writer{storage};
    writer.field("A", "12345678");  // 13 bytes
    EXPECT_FALSE(writer.overflowed());
    writer.field("B", "");  // 5 more
    EXPECT_TRUE(writer.overflowed());
    writer.end();  // would fit
    EXPECT_EQ(writer.written(), "A: 12345678\r\n");
}

TEST(HeadWriter, fills_its_storage_to_the_last_byte) {
    const std::string_view line = "A: 12345678\r\n";
    std::array<char, 13> storage{};
    HeadWriter writer{storage};
    writer.field("A", "12345678");
    EXPECT_FALSE(writer.overflowed());
    EXPECT_EQ(writer.written(), line);
    HeadWriter none{std::span<char>{}};
    none.end();
    EXPECT_TRUE(none.overflowed());
    EXPECT_EQ(none.written(), "");
}

TEST(HeadWriter, and_parser_agree_on_a_request) {
    std::array<char, 1024> storage{};
    HeadWriter writer{storage};
    const std::string bytes =
        "PATCH /x?y=%20 HTTP/1.1\r\nHost:  h:1 \r\nA: b  c\r\nD:\r\nContent-Length: 3\r\nE: \xff\tg\r\n\r\n";
    const RequestHead first = accepted(bytes);
    writer.request_line(first.method, first.path);
    writer.fields(first.fields);
    writer.end();
    const RequestHead second = accepted(writer.written());
    EXPECT_EQ(second.method, first.method);
    EXPECT_EQ(second.path, first.path);
    EXPECT_EQ(second.host, first.host);
    EXPECT_EQ(second.body, first.body);
    ASSERT_EQ(second.fields.all().size(), first.fields.all().size());
    for (std::size_t i = 0; i < first.fields.all().size(); ++i) {
        EXPECT_EQ(second.fields.all()[i].name, first.fields.all()[i].name);
        EXPECT_EQ(second.fields.all()[i].value, first.fields.all()[i].value);
    }
}

TEST(HeadWriter, writes_fields_in_order_whether_or_not_their_lines_can_be_copied) {
    const std::string bytes = get_with("A: 1\r\nB: 2\r\nC:3\r\nD:  4\r\nE: 5 \r\nF: 6\r\nG:\r\nH: 8\r\nI: \r\n");
    RequestHead head = accepted(bytes);
    head.fields.erase_if([](const Field& field) { return field.name == "B" || field.name == "Host"; });
    ASSERT_TRUE(head.fields.add("J", "10"));
    std::array<char, 128> storage{};
    HeadWriter writer{storage};
    writer.fields(head.fields);
    EXPECT_EQ(writer.written(),
              "A: 1\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\nG: \r\nH: 8\r\nI: \r\nJ: 10\r\n");
}

TEST(HeadWriter, writes_the_targets_authority_instead_of_host) {
    const std::string bytes = "GET http://b/x HTTP/1.1\r\nA: 1\r\nHost: a\r\nC: 3\r\n\r\n";
    const RequestHead head = accepted(bytes);
    std::array<char, 64> storage{};
    HeadWriter writer{storage};
    writer.fields(head.fields);
    EXPECT_EQ(writer.written(), "A: 1\r\nHost: b\r\nC: 3\r\n");
}

TEST(HeadWriter, and_parser_agree_on_every_status) {
    for (int status = 100; status <= 999; ++status) {
        std::array<char, 128> storage{};
        HeadWriter writer{storage};
        writer.status_line(status, reason_phrase(status));
        writer.content_length(7);
        writer.end();
        const ResponseHead head = accepted_response(writer.written());
        EXPECT_EQ(head.status, status);
        EXPECT_EQ(head.reason_phrase, reason_phrase(status));
    }
}

TEST(ReasonPhrase, is_known_for_every_status_this_proxy_answers_itself) {
    for (const ReasonFacts& fact : reasons) {
        if (fact.status != 0 && fact.reason != Reason::caller_left) {  // 499 is never sent
            EXPECT_NE(reason_phrase(fact.status), "") << fact.status;
        }
    }
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(299), "");
    EXPECT_EQ(reason_phrase(-1), "");
}

TEST(ChunkHead, is_the_size_in_hexadecimal) {
    EXPECT_EQ(ChunkHead{1}.bytes(), "1\r\n");
    EXPECT_EQ(ChunkHead{15}.bytes(), "f\r\n");
    EXPECT_EQ(ChunkHead{16}.bytes(), "10\r\n");
    EXPECT_EQ(ChunkHead{0xabcdef}.bytes(), "abcdef\r\n");
    EXPECT_EQ(ChunkHead{std::numeric_limits<std::uint64_t>::max()}.bytes(), "ffffffffffffffff\r\n");
    EXPECT_EQ(ChunkHead{}.bytes(), "");
}

TEST(HeadWriter, a_proxy_s_own_fields_bring_the_connection_field_that_they_take) {
    const auto written = [](const ProxyFields& own) {
        std::array<char, 1024> storage{};
        HeadWriter out{storage};
        out.fields(own);
        return std::string{out.written()};
    };
    EXPECT_EQ(written({}), "");
    EXPECT_EQ(written({.forwarded_for = "::1",
                       .forwarded_proto = "http",
                       .forwarded_host = "shop",
                       .request_id = "i",
                       .traceparent = "t"}),
              "X-Forwarded-For: ::1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: shop\r\nX-Request-Id: i\r\n"
              "traceparent: t\r\n");
    EXPECT_EQ(written({.upgrade = "websocket"}), "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    EXPECT_EQ(written({.takes_trailers = true}), "TE: trailers\r\nConnection: TE\r\n");
    EXPECT_EQ(written({.upgrade = "websocket", .takes_trailers = true}),
              "Upgrade: websocket\r\nTE: trailers\r\nConnection: Upgrade, TE\r\n");
}

}  // namespace
}  // namespace outrigger::http1
