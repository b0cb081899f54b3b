// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sidecar/http1/messages.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace std::string_literals;

// Heads that come in pieces.
namespace outrigger::http1 {
namespace {

const std::vector<std::string>& good_requests() {
    static const std::vector<std::string> heads{
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET /a?b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nX: \t y \r\n\r\n",
        "POST http://b.example:80/c HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nCookie: a=b; "
        "c=\"d\xff\"\r\n\r\n",
        "OPTIONS * HTTP/1.0\r\n\r\n",
        "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nX:\r\n\r\n",
        "01234567890123456789012345678901 /x HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    return heads;
}

const std::vector<std::string>& good_responses() {
    static const std::vector<std::string> heads{
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.0 404\r\n\r\n",
        "HTTP/1.1 999 \xe9 a b\tc\r\nX: y\r\nZ:\r\n\r\n",
    };
    return heads;
}

TEST(HeadEnd, is_found_at_every_split_of_the_bytes_and_not_before) {
    for (const std::string& head : good_requests()) {
        const std::string bytes = head + "rest\r\n\r\n";
        for (std::size_t first = 0; first <= bytes.size(); ++first) {
            const std::size_t found = head_end(std::string_view{bytes}.substr(0, first), 0);
            ASSERT_EQ(found, first >= head.size() ? head.size() : 0) << first;
            if (found == 0) {
                ASSERT_EQ(head_end(bytes, first), head.size()) << first;
            }
        }
    }
}

TEST(HeadEnd, is_found_byte_by_byte) {
    for (const std::string& head : good_requests()) {
        std::size_t found = 0;
        std::size_t scanned = 0;
        while (found == 0) {
            ASSERT_LT(scanned, head.size());
            found = head_end(std::string_view{head}.substr(0, scanned + 1), scanned);
            ++scanned;
        }
        EXPECT_EQ(found, head.size());
        EXPECT_EQ(scanned, head.size());
    }
}

TEST(HeadEnd, is_crlf_crlf_and_nothing_like_it) {
    for (const std::string bytes : {"", "\r", "\r\n", "\r\n\r", "\n\n", "a\n\nb", "a\r\n\nb", "a\n\r\nb",
                                    "a\r\r\nb", "a\r\n\r", "\r\r\r\r", "a\r\nb\r\n"})
        EXPECT_EQ(head_end(bytes, 0), 0U) << bytes;
    EXPECT_EQ(head_end("\r\n\r\n", 0), 4U);
    EXPECT_EQ(head_end("\r\r\n\r\n", 0), 5U);
    EXPECT_EQ(head_end("a\r\n\r\n\r\n", 0), 5U);
}

TEST(HeadEnd, leaves_what_was_scanned_alone) {
    EXPECT_EQ(head_end("a\r\n\r\nbc", 7), 0U);
    EXPECT_EQ(head_end("a\r\n\r\nbc", 100), 0U);
}

TEST(PartialRequest, is_well_at_every_byte_of_a_good_request_whatever_was_scanned_before) {
    for (const std::string& head : good_requests())
        for (std::size_t size = 0; size < head.size(); ++size)
            for (std::size_t scanned = 0; scanned <= size; ++scanned) {
                const Result<void> result =
                    check_partial_request(std::string_view{head}.substr(0, size), {}, scanned);
                ASSERT_TRUE(result.has_value())
                    << told(result) << " at " << size << " after " << scanned << "\n"
                    << head;
            }
}

TEST(PartialResponse, is_well_at_every_byte_of_a_good_response_whatever_was_scanned_before) {
    for (const std::string& head : good_responses())
        for (std::size_t size = 0; size < head.size(); ++size)
            for (std::size_t scanned = 0; scanned <= size; ++scanned) {
                const Result<void> result =
                    check_partial_response(std::string_view{head}.substr(0, size), {}, scanned);
                ASSERT_TRUE(result.has_value())
                    << told(result) << " at " << size << " after " << scanned << "\n"
                    << head;
            }
}

struct Garbage {
    std::string start;  // refused as soon as this is there, and not a byte earlier
    std::string detail;
};

const std::vector<Garbage>& request_garbage() {
    static const std::vector<Garbage> table{
        {"\x16", "TLS handshake"},
        {"\n", "bare LF"},
        {"\r\n\r\n", "more than one empty line"},
        {"\r\n\n", "bare LF"},
        {" ", "begin with a method"},
        {"/", "begin with a method"},
        {"\0"s, "NUL byte"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "no target"},
        {"G\xff", "method has a byte"},
        {"GET\n", "bare LF"},
        {"GET  ", "no target"},
        {"GET /a\x01", "control byte"},
        {"GET /a\t", "target has a byte"},
        {"GET /\xc3", "percent-encoded"},
        {"GET /#", "fragment"},
        {"GET /\n", "bare LF"},
        {"GET /\r\n", "no version"},
        {"GET / h", "single space"},
        {"GET / HTTP/1.1 ", "single space"},
        {"GET / HTTP/1.1\0"s, "NUL byte"},
        {"GET / HTTP/1.1x", "single space"},
        {"GET / HTTP/x", "single space"},
        {"GET / HTTP/1.1\n", "bare LF"},
        {"GET / HTTP/1.2\r\n", "version is not supported"},
        {"GET / HTTP/1\r\n", "single space"},
        {"GET x HTTP/1.1\r\n", "neither a path"},
        {"GET / HTTP/1.1\r\n ", "between the first line"},
        {"GET / HTTP/1.1\r\nHost: a\n", "bare LF"},
        {"GET / HTTP/1.1\r\nHost: a\rb", "CR that is not followed"},
        {"GET / HTTP/1.1\r\nHost: a\r\n ", "obs-fold"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\t", "obs-fold"},
        {"GET / HTTP/1.1\r\nHost: a\0"s, "NUL byte"},
        {"GET / HTTP/1.1\r\nHost: a\x7f", "control byte"},
        {"GET / HTTP/1.1\rX", "CR that is not followed"},
    };
    return table;
}

const std::vector<Garbage>& response_garbage() {
    static const std::vector<Garbage> table{
        {"\r", "does not begin with HTTP"},
        {"\x15", "does not begin with HTTP"},
        {"h", "does not begin with HTTP"},
        {"HTTP/2", "does not begin with HTTP"},
        {"HTTP/1.2", "does not begin with HTTP"},
        {"HTTP/1.1\t", "does not begin with HTTP"},
        {"HTTP/1.1 x", "not three digits"},
        {"HTTP/1.1 20 ", "not three digits"},
        {"HTTP/1.1 20\r", "not three digits"},
        {"HTTP/1.1 200 O\n", "bare LF"},
        {"HTTP/1.1 200 O\x02", "control byte"},
        {"HTTP/1.1 099 L\r\n", "below 100"},
        {"HTTP/1.1 200x\r\n", "not followed by a space"},
        {"HTTP/1.1 200 OK\r\n ", "between the first line"},
        {"HTTP/1.1 200 OK\r\nX: y\r\n ", "obs-fold"},
        {"HTTP/1.1 200 OK\r\nX: y\n", "bare LF"},
        {"HTTP/1.1 200 OK\r\nX: y\rz", "CR that is not followed"},
    };
    return table;
}

using Check = Result<void> (*)(std::string_view, const HeadLimits&, std::size_t);

void expect_refusal_at_the_last_byte(const Garbage& garbage, Check check, Reason reason) {
    SCOPED_TRACE(garbage.start);
    const std::string_view whole = garbage.start;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Result<void> early = check(whole.substr(0, size), {}, size - std::min<std::size_t>(size, 1));
        EXPECT_TRUE(early.has_value()) << told(early) << " after " << size << " bytes";
    }
    for (std::size_t scanned = 0; scanned < whole.size(); ++scanned) {
        const Result<void> result = check(whole, {}, scanned);
        ASSERT_FALSE(result.has_value()) << "scanned " << scanned;
        EXPECT_EQ(to_string(result.error().reason), to_string(reason));
        EXPECT_NE(result.error().detail.find(garbage.detail), std::string_view::npos)
            << result.error().detail;
    }
}

TEST(PartialRequest, is_refused_at_the_first_byte_that_spoils_it) {
    for (const Garbage& garbage : request_garbage())
        expect_refusal_at_the_last_byte(garbage, check_partial_request, Reason::bad_request);
}

TEST(PartialResponse, is_refused_at_the_first_byte_that_spoils_it) {
    for (const Garbage& garbage : response_garbage())
        expect_refusal_at_the_last_byte(garbage, check_partial_response, Reason::upstream_protocol_error);
}

TEST(PartialRequest, that_is_refused_would_be_refused_whole_as_well) {
    for (const Garbage& garbage : request_garbage())
        for (const std::string rest :
             {"\r\n\r\n", "\nX: y\r\n\r\n", "y\r\n\r\n", " / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
            RequestHead head;
            EXPECT_FALSE(parse_request(garbage.start + rest, {}, head)) << garbage.start + rest;
        }
}

TEST(PartialRequest, with_a_method_that_does_not_end_is_refused_after_32_bytes) {
    EXPECT_TRUE(check_partial_request(std::string(32, 'A'), {}));
    EXPECT_FALSE(check_partial_request(std::string(33, 'A'), {}));
    EXPECT_FALSE(check_partial_request(std::string(33, 'A') + " /", {}));
}

TEST(PartialRequest, with_a_target_beyond_the_limit_is_refused_before_the_target_ends) {
    const HeadLimits limits{.header_bytes = 100, .uri_bytes = 20};
    EXPECT_TRUE(check_partial_request("GET /" + std::string(19, 'x'), limits));
    for (const std::size_t more : {20U, 200U}) {
        const Result<void> result = check_partial_request("GET /" + std::string(more, 'x'), limits);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().reason, Reason::uri_too_long);
    }
    EXPECT_EQ(check_partial_request("GET /" + std::string(20, 'x') + " ", limits).error().reason,
              Reason::uri_too_long);
}

TEST(PartialRequest, that_fills_the_limit_without_its_end_is_refused) {
    const HeadLimits limits{.header_bytes = 100, .uri_bytes = 20};
    const std::string start = "GET / HTTP/1.1\r\nX: ";
    EXPECT_TRUE(check_partial_request(start + std::string(99 - start.size(), 'x'), limits));
    const Result<void> full = check_partial_request(start + std::string(100 - start.size(), 'x'), limits, 99);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().reason, Reason::header_too_large);
    EXPECT_FALSE(check_partial_request("\r\n" + start + std::string(98 - start.size(), 'x'), limits));
}

TEST(PartialResponse, that_fills_the_limit_without_its_end_is_refused) {
    const HeadLimits limits{.header_bytes = 100, .uri_bytes = 20};
    const std::string start = "HTTP/1.1 200 OK\r\nX: ";
    EXPECT_TRUE(check_partial_response(start + std::string(99 - start.size(), 'x'), limits));
    EXPECT_FALSE(check_partial_response(start + std::string(100 - start.size(), 'x'), limits));
    EXPECT_FALSE(check_partial_response("HTTP/1.1 200 " + std::string(100, 'x'), limits));
}

TEST(Heads, pipelined_behind_one_another_are_taken_one_at_a_time) {
    const std::string first = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string second = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string both = first + second;
    std::string_view rest = both;
    const std::size_t end = head_end(rest, 0);
    ASSERT_EQ(end, first.size());
    EXPECT_EQ(accepted(rest.substr(0, end)).path, "/1");
    rest.remove_prefix(end);
    ASSERT_EQ(head_end(rest, 0), second.size());
    EXPECT_EQ(accepted(rest).path, "/2");
}

}  // namespace
}  // namespace outrigger::http1
