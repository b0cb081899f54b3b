// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sidecar/http1/messages.hpp"

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

using namespace std::string_literals;

// Everything that a request or an answer is refused for, one line each: what came, and what its sender is
// told.
namespace outrigger::http1 {
namespace {

struct Refused {
    std::string name;  // what is wrong, as an identifier
    std::string bytes;
    Reason reason;
    std::string detail;  // a part of it
};
void PrintTo(const Refused& refused, std::ostream* out) {
    *out << refused.bytes;
}  // NOLINT: GoogleTest's name
std::string name_of(const testing::TestParamInfo<Refused>& info) { return info.param.name; }

Refused line(std::string name, std::string request_line, std::string detail,
             Reason reason = Reason::bad_request) {
    return {std::move(name), std::move(request_line) + "\r\nHost: a\r\n\r\n", reason, std::move(detail)};
}
Refused fields(std::string name, std::string field_lines, std::string detail,
               Reason reason = Reason::bad_request) {
    return {std::move(name), get_with(field_lines), reason, std::move(detail)};
}
Refused whole(std::string name, std::string bytes, std::string detail, Reason reason = Reason::bad_request) {
    return {std::move(name), std::move(bytes), reason, std::move(detail)};
}

const std::vector<Refused>& request_lines() {
    static const std::vector<Refused> table{
        line("a_leading_space", " GET / HTTP/1.1", "begin with a method"),
        line("no_method", "/ HTTP/1.1", "begin with a method"),
        line("a_method_with_a_slash", "GE/T / HTTP/1.1", "method has a byte"),
        line("a_method_with_a_comma", "GET,POST / HTTP/1.1", "method has a byte"),
        line("a_method_with_a_byte_above_0x7f", "G\xc3\x8bT / HTTP/1.1", "method has a byte"),
        line("a_method_of_33_bytes", std::string(33, 'M') + " / HTTP/1.1", "longer than 32"),
        line("a_tab_after_the_method", "GET\t/ HTTP/1.1", "method has a byte"),
        line("a_method_alone", "GET", "no target"),
        line("a_method_and_a_space", "GET ", "no target"),
        line("two_spaces_after_the_method", "GET  / HTTP/1.1", "more than one space"),
        line("two_spaces_after_the_target", "GET /  HTTP/1.1", "single space"),
        line("a_space_at_the_end", "GET / HTTP/1.1 ", "single space"),
        line("a_tab_at_the_end", "GET / HTTP/1.1\t", "single space"),
        line("a_space_in_the_target", "GET /a b HTTP/1.1", "single space"),
        line("a_tab_in_the_target", "GET /a\tb HTTP/1.1", "target has a byte"),
        line("a_form_feed_in_the_target", "GET /a\fb HTTP/1.1", "control byte"),
        line("a_delete_byte_in_the_target", "GET /a\x7f HTTP/1.1", "control byte"),
        line("a_nul_in_the_target", "GET /a\0b HTTP/1.1"s, "NUL byte"),
        line("raw_utf8_in_the_target", "GET /na\xc3\xafve HTTP/1.1", "percent-encoded"),
        line("the_lowest_byte_above_0x7f_in_the_target", "GET /\x80 HTTP/1.1", "percent-encoded"),
        line("a_fragment", "GET /a#b HTTP/1.1", "fragment"),
        line("a_target_without_a_version", "GET /", "no version"),
        line("a_target_without_a_slash", "GET index.html HTTP/1.1", "neither a path nor"),
        line("a_target_that_is_a_query", "GET ?a HTTP/1.1", "neither a path nor"),
        line("an_authority_outside_connect", "GET example.com:80 HTTP/1.1", "neither a path nor"),
        line("the_scheme_ftp", "GET ftp://a/ HTTP/1.1", "neither http nor https"),
        line("the_scheme_httpx", "GET httpx://a/ HTTP/1.1", "neither http nor https"),
        line("an_empty_scheme", "GET ://a/ HTTP/1.1", "neither http nor https"),
        line("an_absolute_target_without_host", "GET http:///a HTTP/1.1", "valid host and port"),
        line("an_absolute_target_with_only_a_port", "GET http://:80/a HTTP/1.1", "valid host and port"),
        line("an_absolute_target_with_user_information", "GET http://u:p@a/ HTTP/1.1", "valid host and port"),
        line("an_absolute_target_with_a_bad_port", "GET http://a:8x/ HTTP/1.1", "valid host and port"),
        line("an_absolute_target_with_a_large_port", "GET http://a:65536/ HTTP/1.1", "valid host and port"),
        line("an_absolute_target_with_a_backslash_host", "GET http://a\\b/ HTTP/1.1", "valid host and port"),
        line("an_absolute_target_with_a_query_but_no_path", "GET http://a?b=c HTTP/1.1", "query but no path"),
        line("an_asterisk_outside_options", "GET * HTTP/1.1", "only with OPTIONS"),
        line("an_asterisk_with_more", "OPTIONS *a HTTP/1.1", "neither a path nor"),
        line("connect_to_a_path", "CONNECT / HTTP/1.1", "CONNECT target is host:port"),
        line("connect_without_a_port", "CONNECT a HTTP/1.1", "CONNECT target is host:port"),
        line("connect_with_an_empty_port", "CONNECT a: HTTP/1.1", "CONNECT target is host:port"),
        line("connect_to_an_absolute_target", "CONNECT http://a:80/ HTTP/1.1", "CONNECT target is host:port"),
        line("a_lower_case_version", "GET / http/1.1", "does not end in"),
        line("a_version_without_minor", "GET / HTTP/1", "does not end in"),
        line("a_version_with_a_two_digit_minor", "GET / HTTP/1.10", "does not end in"),
        line("a_version_with_a_comma", "GET / HTTP/1,1", "does not end in"),
        line("another_protocol", "GET / RTSP/1.0", "does not end in"),
        line("version_0_9", "GET / HTTP/0.9", "version is not supported"),
        line("version_1_2", "GET / HTTP/1.2", "version is not supported"),
        line("version_2_0", "GET / HTTP/2.0", "version is not supported"),
        line("version_9_9", "GET / HTTP/9.9", "version is not supported"),
        whole("the_http2_preface", "PRI * HTTP/2.0\r\n\r\n", "an HTTP/2 preface (prior knowledge) may only begin"),
        whole("two_empty_lines_first", "\r\n\r\n", "more than one empty line"),
        whole("a_bare_lf_first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare LF"),
        whole("a_request_line_that_ends_in_a_bare_lf", "GET / HTTP/1.1\nHost: a\r\n\r\n", "bare LF"),
        whole("a_request_line_that_ends_in_a_bare_cr", "GET / HTTP/1.1\rHost: a\r\n\r\n",
              "CR that is not followed"),
        whole("a_bare_lf_in_the_target", "GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n", "bare LF"),
        whole("a_bare_cr_in_the_target", "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", "CR that is not followed"),
        whole("a_bare_cr_in_the_method", "G\rT / HTTP/1.1\r\nHost: a\r\n\r\n", "CR that is not followed"),
        whole("two_crs_after_the_version", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "CR that is not followed"),
        whole("a_tls_handshake", "\x16\x03\x01\x02\r\n\r\n", "TLS handshake"),
        whole("a_control_byte_first", "\x01GET / HTTP/1.1\r\nHost: a\r\n\r\n", "control byte"),
        whole("a_nul_first", "\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"s, "NUL byte"),
        whole("a_head_without_its_end", "GET / HTTP/1.1\r\nHost: a\r\n", "exactly one empty line"),
        whole("nothing", "", "exactly one empty line"),
        whole("bytes_behind_the_head", "GET / HTTP/1.1\r\nHost: a\r\n\r\nx\r\n\r\n",
              "exactly one empty line"),
    };
    return table;
}

const std::vector<Refused>& field_lines() {
    static const std::vector<Refused> table{
        fields("a_bare_lf_after_a_field", "X: y\nZ: w\r\n", "bare LF"),
        fields("a_bare_lf_in_a_name", "X\nY: z\r\n", "bare LF"),
        fields("a_bare_lf_as_the_line", "\nX: y\r\n", "bare LF"),
        fields("a_bare_cr_in_a_value", "X: y\rz\r\n", "CR that is not followed"),
        fields("a_bare_cr_in_a_name", "X\rY: z\r\n", "CR that is not followed"),
        fields("a_bare_cr_as_the_line", "\rX: y\r\n", "CR that is not followed"),
        fields("a_cr_before_the_line_end", "X: y\r\r\n", "CR that is not followed"),
        fields("a_nul_in_a_value", "X: y\0z\r\n"s, "NUL byte"),
        fields("a_nul_in_a_name", "X\0Y: z\r\n"s, "NUL byte"),
        fields("a_control_byte_in_a_value", "X: y\x01z\r\n", "control byte"),
        fields("a_control_byte_in_a_name", "X\x01Y: z\r\n", "control byte"),
        fields("a_delete_byte_in_a_value", "X: y\x7fz\r\n", "control byte"),
        fields("a_vertical_tab_before_a_value", "X:\x0by\r\n", "control byte"),
        fields("an_escape_at_the_end_of_a_value", "X: y\x1b\r\n", "control byte"),
        fields("a_folded_value_with_a_space", "X: y\r\n z\r\n", "obs-fold"),
        fields("a_folded_value_with_a_tab", "X: y\r\n\tz\r\n", "obs-fold"),
        fields("a_line_of_blanks", "X: y\r\n  \r\n", "obs-fold"),
        whole("a_blank_before_the_first_field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
              "between the first line and"),
        fields("a_space_before_the_colon", "X : y\r\n", "between a field's name and its colon"),
        fields("a_tab_before_the_colon", "X\t: y\r\n", "between a field's name and its colon"),
        fields("blanks_before_the_colon", "X  \t : y\r\n", "between a field's name and its colon"),
        fields("a_space_in_a_name", "X Y: z\r\n", "name has a byte"),
        fields("an_empty_name", ": y\r\n", "empty name"),
        fields("a_line_without_a_colon", "X\r\n", "no colon"),
        fields("a_parenthesis_in_a_name", "X(Y): z\r\n", "name has a byte"),
        fields("a_slash_in_a_name", "X/Y: z\r\n", "name has a byte"),
        fields("an_at_sign_in_a_name", "@X: z\r\n", "name has a byte"),
        fields("a_quote_in_a_name", "\"X\": z\r\n", "name has a byte"),
        fields("a_semicolon_in_a_name", "X;Y: z\r\n", "name has a byte"),
        fields("a_byte_above_0x7f_in_a_name", "X\xe9: z\r\n", "name has a byte"),
        fields("a_byte_above_0x7f_as_the_name", "\xff: z\r\n", "name has a byte"),
    };
    return table;
}

const std::vector<Refused>& meanings() {
    static const std::vector<Refused> table{
        whole("no_host_in_1_1", "GET / HTTP/1.1\r\n\r\n", "needs a Host"),
        whole("no_host_with_an_absolute_target", "GET http://a/ HTTP/1.1\r\n\r\n", "needs a Host"),
        fields("two_hosts", "Host: b\r\n", "more than one Host"),
        fields("the_same_host_twice", "hOST: a\r\n", "more than one Host"),
        whole("two_hosts_in_1_0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "more than one Host"),
        whole("a_host_with_a_space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "not a valid host"),
        whole("a_host_list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "not a valid host"),
        whole("a_host_with_a_slash", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "not a valid host"),
        whole("a_host_with_a_scheme", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", "not a valid host"),
        whole("a_host_with_user_information", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "not a valid host"),
        whole("a_host_with_a_query", "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", "not a valid host"),
        whole("a_host_with_a_quote", "GET / HTTP/1.1\r\nHost: \"a\"\r\n\r\n", "not a valid host"),
        whole("a_host_with_utf8",
              "GET / HTTP/1.1\r\nHost: b\xc3\xbc"
              "cher\r\n\r\n",
              "not a valid host"),
        whole("a_host_with_a_bad_escape", "GET / HTTP/1.1\r\nHost: a%4\r\n\r\n", "not a valid host"),
        whole("a_host_with_a_worse_escape", "GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", "not a valid host"),
        whole("a_host_that_is_a_port", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "not a valid host"),
        whole("a_host_with_two_ports", "GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n", "not a valid host"),
        whole("a_host_with_a_word_as_port", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", "not a valid host"),
        whole("a_host_with_port_65536", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", "not a valid host"),
        whole("a_host_with_a_very_long_port", "GET / HTTP/1.1\r\nHost: a:4294967376\r\n\r\n",
              "not a valid host"),
        whole("an_ipv6_host_without_brackets", "GET / HTTP/1.1\r\nHost: fe80::1\r\n\r\n", "not a valid host"),
        whole("an_ipv6_host_that_is_not_closed", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "not a valid host"),
        whole("an_ipv6_host_of_one_byte", "GET / HTTP/1.1\r\nHost: [:]\r\n\r\n", "not a valid host"),
        whole("an_empty_ipv6_host", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", "not a valid host"),
        whole("an_ipv6_host_with_a_zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25en0]\r\n\r\n",
              "not a valid host"),
        whole("bytes_behind_an_ipv6_host", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", "not a valid host"),
        whole("a_bad_host_beside_an_absolute_target", "GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n",
              "not a valid host"),

        fields("length_and_coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "both present"),
        fields("coding_and_length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "both present"),
        fields("coding_and_length_zero", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
               "both present"),
        fields("unknown_coding_and_length", "Transfer-Encoding: x\r\nContent-Length: 5\r\n", "both present"),
        fields("two_different_lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", "more than once"),
        fields("two_equal_lengths", "Content-Length: 5\r\ncontent-length: 5\r\n", "more than once"),
        fields("a_list_of_equal_lengths", "Content-Length: 5, 5\r\n", "is a list"),
        fields("a_list_of_lengths_without_space", "Content-Length: 5,6\r\n", "is a list"),
        fields("a_length_with_an_empty_element", "Content-Length: 5,\r\n", "is a list"),
        fields("an_empty_length", "Content-Length:\r\n", "is empty"),
        fields("a_blank_length", "Content-Length: \t \r\n", "is empty"),
        fields("a_negative_length", "Content-Length: -1\r\n", "not a digit"),
        fields("a_length_with_a_plus", "Content-Length: +1\r\n", "not a digit"),
        fields("a_hexadecimal_length", "Content-Length: 0x10\r\n", "not a digit"),
        fields("a_length_with_letters", "Content-Length: 5abc\r\n", "not a digit"),
        fields("a_length_with_a_space", "Content-Length: 5 5\r\n", "not a digit"),
        fields("a_length_with_a_dot", "Content-Length: 5.0\r\n", "not a digit"),
        fields("a_length_with_an_underscore", "Content-Length: 1_000\r\n", "not a digit"),
        fields("a_length_of_superscript_digits", "Content-Length: \xb2\r\n", "not a digit"),
        fields("a_length_of_2_to_the_63", "Content-Length: 9223372036854775808\r\n", "too large"),
        fields("a_length_of_2_to_the_64", "Content-Length: 18446744073709551616\r\n", "too large"),
        fields("a_length_of_2_to_the_64_and_5", "Content-Length: 18446744073709551621\r\n", "too large"),
        fields("a_length_of_20_zeros", "Content-Length: 00000000000000000000\r\n", "too large"),

        fields("chunked_twice", "Transfer-Encoding: chunked, chunked\r\n", "more than once"),
        fields("chunked_twice_in_two_fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
               "more than once"),
        fields("chunked_not_last", "Transfer-Encoding: chunked, gzip\r\n", "does not end in chunked"),
        fields("chunked_not_last_in_two_fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
               "does not end in chunked"),
        fields("a_coding_without_chunked", "Transfer-Encoding: gzip\r\n", "does not end in chunked"),
        fields("the_coding_identity", "Transfer-Encoding: identity\r\n", "does not end in chunked"),
        fields("a_coding_that_begins_like_chunked", "Transfer-Encoding: chunkedx\r\n",
               "does not end in chunked"),
        fields("a_coding_that_ends_like_chunked", "Transfer-Encoding: xchunked\r\n",
               "does not end in chunked"),
        fields("an_empty_coding", "Transfer-Encoding:\r\n", "malformed"),
        fields("an_empty_element_before_chunked", "Transfer-Encoding: , chunked\r\n", "malformed"),
        fields("an_empty_element_after_chunked", "Transfer-Encoding: chunked,\r\n", "malformed"),
        fields("a_quoted_coding", "Transfer-Encoding: \"chunked\"\r\n", "malformed"),
        fields("two_codings_without_a_comma", "Transfer-Encoding: gzip chunked\r\n", "malformed"),
        fields("chunked_with_a_byte_above_0x7f", "Transfer-Encoding: chunked\xa0\r\n", "malformed"),
        fields("chunked_with_a_parameter", "Transfer-Encoding: chunked;a=b\r\n", "parameter"),
        fields("chunked_with_a_spaced_parameter", "Transfer-Encoding: chunked ; a=b\r\n", "parameter"),
        fields("chunked_with_a_bare_semicolon", "Transfer-Encoding: chunked;\r\n", "parameter"),
        fields("gzip_then_chunked", "Transfer-Encoding: gzip, chunked\r\n", "only chunked is spoken",
               Reason::not_implemented),
        fields("a_parameterised_coding_then_chunked", "Transfer-Encoding: x;q=1, chunked\r\n",
               "only chunked is spoken", Reason::not_implemented),
        fields("gzip_then_chunked_in_two_fields", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
               "only chunked is spoken", Reason::not_implemented),
        whole("a_coding_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
              "came with HTTP/1.0"),
        whole("length_and_coding_in_1_0",
              "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", "both present"),

        fields("another_expectation", "Expect: 200-ok\r\n", "other than 100-continue"),
        fields("two_expectations", "Expect: 100-continue, x\r\n", "other than 100-continue"),
        fields("an_empty_expectation", "Expect:\r\n", "other than 100-continue"),
    };
    return table;
}

std::vector<Refused> every_request() {
    std::vector<Refused> all;
    for (const auto* table : {&request_lines(), &field_lines(), &meanings()})
        all.insert(all.end(), table->begin(), table->end());
    return all;
}

class RefusedRequest : public testing::TestWithParam<Refused> {};
INSTANTIATE_TEST_SUITE_P(request_line, RefusedRequest, testing::ValuesIn(request_lines()), name_of);
INSTANTIATE_TEST_SUITE_P(field_line, RefusedRequest, testing::ValuesIn(field_lines()), name_of);
INSTANTIATE_TEST_SUITE_P(meaning, RefusedRequest, testing::ValuesIn(meanings()), name_of);

TEST_P(RefusedRequest, gets_its_reason_and_a_detail_that_says_what_is_wrong) {
    const Fault fault = refused(GetParam().bytes);
    EXPECT_EQ(to_string(fault.reason), to_string(GetParam().reason));
    EXPECT_NE(fault.detail.find(GetParam().detail), std::string_view::npos) << fault.detail;
}

TEST_P(RefusedRequest, is_refused_with_one_empty_line_before_it_too) {
    EXPECT_EQ(refused("\r\n" + GetParam().bytes).detail, refused(GetParam().bytes).detail);
}

// The same field lines in an answer: the reason becomes the answer's, the sentence stays.
class RefusedAnswer : public testing::TestWithParam<Refused> {};
INSTANTIATE_TEST_SUITE_P(field_line, RefusedAnswer, testing::ValuesIn(field_lines()), name_of);

TEST_P(RefusedAnswer, with_the_same_field_lines_is_an_upstream_protocol_error) {
    const std::string& request = GetParam().bytes;
    const std::string answer = "HTTP/1.1 200 OK" + request.substr(std::string_view{"GET / HTTP/1.1"}.size());
    const Fault fault = refused_response(answer);
    EXPECT_EQ(to_string(fault.reason), "upstream_protocol_error");
    EXPECT_EQ(fault.detail, refused(request).detail);
}

class RefusedResponse : public testing::TestWithParam<Refused> {};

const std::vector<Refused>& responses() {
    constexpr Reason reason = Reason::upstream_protocol_error;
    const auto answer = [](std::string name, std::string status_line, std::string detail) {
        return whole(std::move(name), std::move(status_line) + "\r\nContent-Length: 0\r\n\r\n",
                     std::move(detail), reason);
    };
    const auto with = [](std::string name, std::string lines, std::string detail) {
        return whole(std::move(name), ok_with(lines), std::move(detail), reason);
    };
    static const std::vector<Refused> table{
        answer("an_empty_line_first", "\r\nHTTP/1.1 200 OK", "does not begin with HTTP"),
        answer("a_leading_space", " HTTP/1.1 200 OK", "does not begin with HTTP"),
        answer("another_protocol", "ICY 200 OK", "does not begin with HTTP"),
        answer("a_lower_case_version", "http/1.1 200 OK", "does not begin with HTTP"),
        answer("version_2_0", "HTTP/2.0 200 OK", "does not begin with HTTP"),
        answer("version_2", "HTTP/2 200", "does not begin with HTTP"),
        answer("version_1_2", "HTTP/1.2 200 OK", "does not begin with HTTP"),
        answer("version_1_10", "HTTP/1.10 200 OK", "does not begin with HTTP"),
        answer("no_status", "HTTP/1.1", "does not begin with HTTP"),
        answer("a_tab_before_the_status", "HTTP/1.1\t200 OK", "does not begin with HTTP"),
        answer("an_empty_status", "HTTP/1.1 ", "not three digits"),
        answer("two_spaces_before_the_status", "HTTP/1.1  200 OK", "not three digits"),
        answer("a_status_of_two_digits", "HTTP/1.1 20 OK", "not three digits"),
        answer("a_status_of_four_digits", "HTTP/1.1 2000 OK", "not three digits"),
        answer("a_status_of_letters", "HTTP/1.1 2xx OK", "not three digits"),
        answer("a_signed_status", "HTTP/1.1 +20 OK", "not three digits"),
        answer("the_status_099", "HTTP/1.1 099 Low", "below 100"),
        answer("the_status_000", "HTTP/1.1 000 Zero", "below 100"),
        answer("a_status_followed_by_a_letter", "HTTP/1.1 200OK", "not followed by a space"),
        answer("a_status_followed_by_a_tab", "HTTP/1.1 200\tOK", "not followed by a space"),
        answer("a_control_byte_in_the_phrase", "HTTP/1.1 200 O\x01K", "control byte"),
        answer("a_nul_in_the_phrase", "HTTP/1.1 200 O\0K"s, "NUL byte"),
        answer("a_bare_cr_in_the_phrase", "HTTP/1.1 200 O\rK", "CR that is not followed"),
        answer("a_bare_lf_in_the_phrase", "HTTP/1.1 200 O\nK", "bare LF"),
        answer("a_bare_lf_after_the_status", "HTTP/1.1 200\nX: y", "bare LF"),
        whole("an_answer_without_its_end", "HTTP/1.1 200 OK\r\n", "exactly one empty line", reason),
        whole("no_answer", "", "exactly one empty line", reason),
        whole("only_an_end", "\r\n\r\n", "does not begin with HTTP", reason),

        with("length_and_coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "both present"),
        with("two_equal_lengths", "Content-Length: 5\r\nContent-Length: 5\r\n", "more than once"),
        with("two_different_lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", "more than once"),
        with("a_list_of_equal_lengths", "Content-Length: 5, 5\r\n", "is a list"),
        with("a_length_of_letters", "Content-Length: x\r\n", "not a digit"),
        with("a_length_that_is_too_large", "Content-Length: 99999999999999999999\r\n", "too large"),
        with("a_coding_without_chunked", "Transfer-Encoding: gzip\r\n", "does not end in chunked"),
        with("chunked_not_last", "Transfer-Encoding: chunked, gzip\r\n", "does not end in chunked"),
        with("chunked_twice", "Transfer-Encoding: chunked, chunked\r\n", "more than once"),
        with("gzip_then_chunked", "Transfer-Encoding: gzip, chunked\r\n", "only chunked is spoken"),
        whole("a_coding_in_1_0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
              "came with HTTP/1.0", reason),
        whole("a_conflict_even_where_no_body_follows",
              "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
              "both present", reason),
    };
    return table;
}
INSTANTIATE_TEST_SUITE_P(answer, RefusedResponse, testing::ValuesIn(responses()), name_of);

TEST_P(RefusedResponse, is_an_upstream_protocol_error_with_a_detail_that_says_what_is_wrong) {
    const Fault fault = refused_response(GetParam().bytes);
    EXPECT_EQ(to_string(fault.reason), to_string(GetParam().reason));
    EXPECT_NE(fault.detail.find(GetParam().detail), std::string_view::npos) << fault.detail;
}

TEST(Refusals, say_what_a_head_may_be_at_most) {
    const HeadLimits limits{.header_bytes = 100, .uri_bytes = 20};
    const auto sized = [](std::string_view first_lines, std::size_t bytes) {
        const std::string start = std::string{first_lines} + "X: ";
        return start + std::string(bytes - start.size() - 4, 'x') + "\r\n\r\n";
    };
    const auto request = [&](std::size_t bytes) { return sized("GET / HTTP/1.1\r\nHost: a\r\n", bytes); };
    accepted(request(100), limits);
    EXPECT_EQ(refused(request(101), limits).reason, Reason::header_too_large);
    EXPECT_EQ(refused("\r\n" + request(99), limits).reason,
              Reason::header_too_large);  // the empty line counts
    ResponseHead head;
    EXPECT_TRUE(parse_response(sized("HTTP/1.1 200 OK\r\n", 100), limits, false, head));
    const Fault fault = refused_response(sized("HTTP/1.1 200 OK\r\n", 101), limits);
    EXPECT_EQ(fault.reason, Reason::upstream_protocol_error);
    EXPECT_NE(fault.detail.find("limits.header_bytes"), std::string_view::npos);
}

TEST(Refusals, say_what_a_target_may_be_at_most) {
    const HeadLimits limits{.header_bytes = 100, .uri_bytes = 20};
    const auto sized = [](std::size_t bytes) {
        return "GET /" + std::string(bytes - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    accepted(sized(20), limits);
    EXPECT_EQ(refused(sized(21), limits).reason, Reason::uri_too_long);
    EXPECT_EQ(refused(sized(500), limits).reason, Reason::uri_too_long)
        << "the target is what makes the head too large";
}

TEST(Refusals, say_how_many_fields_a_head_may_have) {
    const auto with = [](std::size_t count) {
        std::string lines;
        for (std::size_t i = 0; i < count; ++i) lines += "X" + std::to_string(i) + ": y\r\n";
        return lines;
    };
    const std::string most = get_with(with(fields_max - 1));  // and the Host
    EXPECT_EQ(accepted(most).fields.all().size(), fields_max);
    EXPECT_EQ(refused(get_with(with(fields_max))).reason, Reason::header_too_large);
    EXPECT_NE(refused(get_with(with(fields_max))).detail.find(std::to_string(fields_max)),
              std::string_view::npos);
    EXPECT_EQ(refused_response(ok_with(with(fields_max + 1))).reason, Reason::upstream_protocol_error);
}

// No byte may slip through because nobody thought of it: each of the 256, in each part of a head.
TEST(Refusals, of_all_256_bytes_a_name_takes_the_77_of_a_token) {
    const std::string token_marks = "!#$%&'*+-.^_`|~";
    int taken = 0;
    for (int value = 0; value < 256; ++value) {
        const char byte = static_cast<char>(value);
        const bool alphanumeric =
            (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        const bool token = alphanumeric || (byte != '\0' && token_marks.find(byte) != std::string::npos);
        taken += token ? 1 : 0;
        for (const std::size_t place : {0U, 5U, 17U, 40U}) {  // within and beyond 16-byte steps
            std::string name(41, 'n');
            name[place] = byte;
            if (byte == ':') continue;
            RequestHead head;
            EXPECT_EQ(parse_request(get_with(name + ": y\r\n"), {}, head).has_value(), token)
                << value << " at " << place;
        }
    }
    EXPECT_EQ(taken, 77);
}

TEST(Refusals, of_all_256_bytes_a_value_takes_the_visible_blank_tab_and_high_ones) {
    for (int value = 0; value < 256; ++value) {
        const bool wanted = value == '\t' || (value >= 0x20 && value != 0x7f);
        for (std::size_t place = 0; place < 40; ++place) {
            std::string text(40, 'v');
            text[place] = static_cast<char>(value);
            RequestHead head;
            EXPECT_EQ(parse_request(get_with("X: " + text + "\r\n"), {}, head).has_value(), wanted)
                << value << " at " << place;
        }
    }
}

TEST(Refusals, of_all_256_bytes_a_target_takes_the_visible_ones_without_the_fragment_mark) {
    for (int value = 0; value < 256; ++value) {
        const bool wanted = value > 0x20 && value < 0x7f && value != '#';
        for (std::size_t place = 1; place < 40; ++place) {
            std::string target = "/" + std::string(39, 't');
            target[place] = static_cast<char>(value);
            RequestHead head;
            EXPECT_EQ(parse_request("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n", {}, head).has_value(),
                      wanted)
                << value << " at " << place;
        }
    }
}

TEST(Refusals, have_each_their_own_detail) {
    std::set<std::string_view> details;
    for (const Refused& one : every_request()) details.insert(refused(one.bytes).detail);
    EXPECT_GE(details.size(), 45U);
    for (const std::string_view detail : details)
        EXPECT_FALSE(detail.empty() || detail.ends_with('.')) << detail;
}

TEST(Refusals, a_connection_field_names_64_options_at_most) {
    const auto options = [](int count) {
        std::string list = "a";
        for (int i = 1; i < count; ++i) list += ",a";
        return "Connection: " + list + "\r\n";
    };
    EXPECT_EQ(accepted(get_with(options(64))).fields.connection(), Fields::Connection::names_others);
    EXPECT_EQ(refused(get_with(options(65))).reason, Reason::header_too_large);
    EXPECT_EQ(refused(get_with(options(40) + options(40))).reason, Reason::header_too_large);
}

}  // namespace
}  // namespace outrigger::http1
