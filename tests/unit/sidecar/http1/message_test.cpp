// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/message.hpp"

#include "tests/unit/sidecar/http1/messages.hpp"

#include <cctype>
#include <string>
#include <utility>
#include <vector>

// The fields of a message, and which of them may go on.
namespace outrigger::http1 {
namespace {

TEST(HopByHop, fields_are_known_in_any_case_without_being_named) {
    const std::string bytes = get_with("Connection: close\r\n");
    const RequestHead plain = accepted(bytes);
    const Fields none;  // where nobody has read the Connection fields
    for (const std::string_view name :
         {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade",
          "Proxy-Authenticate", "Proxy-Authorization", "connection", "KEEP-ALIVE", "te",
          "transfer-ENCODING"}) {
        EXPECT_TRUE(is_hop_by_hop(name, plain.fields)) << name;
        EXPECT_TRUE(is_hop_by_hop(name, none)) << name;
    }
    for (const std::string_view name :
         {"Host", "Content-Length", "Trailer", "TF", "Upgrada", "Connectiom", "User-Agent", "X-Request-Id",
          "Proxy-Connectiom", "Proxy-Authenticatf", "Proxy-Authorizatiom", "",
          "X-A-Name-Of-More-Than-Thirty-Two-Bytes-In-All"}) {
        EXPECT_FALSE(is_hop_by_hop(name, plain.fields)) << name;
        EXPECT_FALSE(is_hop_by_hop(name, none)) << name;
    }
}

TEST(HopByHop, fields_are_those_that_any_connection_field_names) {
    const std::string bytes = get_with(
        "Connection: close, X-One\r\nX-One: 1\r\nX-Two: 2\r\nX-Three: 3\r\nconnection: ,x-TWO ,\r\n");
    const RequestHead head = accepted(bytes);
    const Fields& fields = head.fields;
    EXPECT_TRUE(is_hop_by_hop("X-One", fields));
    EXPECT_TRUE(is_hop_by_hop("x-two", fields));
    EXPECT_FALSE(is_hop_by_hop("X-Three", fields));
    EXPECT_FALSE(is_hop_by_hop("X-On", fields));
    EXPECT_FALSE(is_hop_by_hop("", fields));
}

TEST(HopByHop, host_and_content_length_stay_even_if_connection_names_them) {
    const std::string bytes =
        get_with("Connection: host, Content-Length, x\r\nContent-Length: 3\r\nX: y\r\n");
    const RequestHead head = accepted(bytes);
    const Fields& fields = head.fields;
    EXPECT_FALSE(is_hop_by_hop("Host", fields));
    EXPECT_FALSE(is_hop_by_hop("Content-Length", fields));
    EXPECT_TRUE(is_hop_by_hop("X", fields));
}

TEST(HopByHop, connection_fields_that_name_nothing_else_are_noted_as_plain) {
    const auto noted = [](std::string_view lines) {
        const std::string bytes = get_with(lines);
        return accepted(bytes).fields.connection();
    };
    EXPECT_EQ(noted(""), Fields::Connection::plain);
    EXPECT_EQ(noted("Connection: close, , keep-alive, TE ,Upgrade\r\n"), Fields::Connection::plain);
    EXPECT_EQ(noted("Connection: close\r\nConnection: x\r\n"), Fields::Connection::names_others);
}

TEST(HopByHop, fields_added_after_parsing_are_read_as_well) {
    const std::string bytes = get_with("Connection: close\r\n");
    RequestHead head = accepted(bytes);
    ASSERT_EQ(head.fields.connection(), Fields::Connection::plain);
    ASSERT_TRUE(head.fields.add("Connection", "X-One"));
    EXPECT_TRUE(is_hop_by_hop("X-One", head.fields));
}

TEST(FieldName, is_known_in_any_case) {
    const std::vector<std::pair<std::string_view, FieldName>> names{
        {"Host", FieldName::host},
        {"Expect", FieldName::expect},
        {"User-Agent", FieldName::user_agent},
        {"Content-Type", FieldName::content_type},
        {"Content-Length", FieldName::content_length},
        {"traceparent", FieldName::traceparent},
        {"tracestate", FieldName::tracestate},
        {"X-Request-Id", FieldName::request_id},
        {"X-Forwarded-For", FieldName::forwarded_for},
        {"X-Forwarded-Host", FieldName::forwarded_host},
        {"X-Forwarded-Proto", FieldName::forwarded_proto},
        {"Connection", FieldName::connection},
        {"Keep-Alive", FieldName::keep_alive},
        {"TE", FieldName::te},
        {"Transfer-Encoding", FieldName::transfer_encoding},
        {"Upgrade", FieldName::upgrade},
        {"Proxy-Connection", FieldName::proxy_connection},
        {"Proxy-Authenticate", FieldName::proxy_authenticate},
        {"Proxy-Authorization", FieldName::proxy_authorization}};
    for (const auto& [name, known] : names) {
        const auto converted = [&text = name](int (*convert)(int)) {
            std::string made{text};
            for (char& c : made) c = static_cast<char>(convert(c));
            return made;
        };
        EXPECT_EQ(field_name(name), known) << name;
        EXPECT_EQ(field_name(converted(std::tolower)), known) << name;
        EXPECT_EQ(field_name(converted(std::toupper)), known) << name;
        for (std::size_t i = 0; i < name.size(); ++i) {
            std::string other{name};
            other[i] = '~';
            EXPECT_EQ(field_name(other), FieldName::other) << other;
        }
        EXPECT_EQ(field_name(std::string{name} + 's'), FieldName::other) << name;
    }
    EXPECT_EQ(field_name(""), FieldName::other);
}

TEST(SameName, folds_the_letters_of_ascii_and_nothing_else) {
    for (int a = 0; a < 256; ++a)
        for (int b = 0; b < 256; ++b) {
            const auto lower = [](int byte) { return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte; };
            for (const std::size_t size : {1U, 8U, 11U}) {
                std::string left(size, 'Q');
                std::string right(size, 'q');
                left[size / 2] = static_cast<char>(a);
                right[size / 2] = static_cast<char>(b);
                ASSERT_EQ(same_name(left, right), lower(a) == lower(b)) << a << " " << b << " " << size;
            }
        }
    EXPECT_TRUE(same_name("", ""));
    EXPECT_FALSE(same_name("a", ""));
    EXPECT_FALSE(same_name("content-length", "content-lengths"));
}

TEST(Fields, are_removed_where_a_predicate_says_so_and_the_others_keep_their_order) {
    Fields fields;
    for (const std::string_view name : {"A", "B", "A", "C", "A"}) ASSERT_TRUE(fields.add(name, "x"));
    fields.erase_if([](const Field& field) { return field.name == "A"; });
    ASSERT_EQ(fields.all().size(), 2U);
    EXPECT_EQ(fields.all()[0].name, "B");
    EXPECT_EQ(fields.all()[1].name, "C");
}

TEST(Fields, are_copied_as_far_as_they_are_filled) {
    const std::string bytes = get_with("Connection: x\r\nX: y\r\n");
    RequestHead head = accepted(bytes);
    const Fields copy = head.fields;
    head.fields.clear();
    EXPECT_TRUE(head.fields.all().empty());
    ASSERT_EQ(copy.all().size(), 3U);
    EXPECT_EQ(copy.all()[2].value, "y");
    EXPECT_EQ(copy.connection(), Fields::Connection::names_others);
    Fields again;
    again = copy;
    again = *&again;
    EXPECT_EQ(again.all()[2].value, "y");
}

}  // namespace
}  // namespace outrigger::http1
