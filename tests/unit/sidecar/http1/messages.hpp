// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

// How the tests of the codec make heads and look at what became of them.
namespace outrigger::http1 {

// A field count and 4 KiB of fields say little in a failure; the refusal does.
inline std::string told(const Result<void>& result) {
    return result ? "accepted"
                  : std::string{to_string(result.error().reason)} + ": " + std::string{result.error().detail};
}

// The bytes must outlive the returned head.
inline RequestHead accepted(std::string_view bytes, const HeadLimits& limits = {}) {
    RequestHead head;
    const Result<void> result = parse_request(bytes, limits, head);
    EXPECT_TRUE(result.has_value()) << told(result) << "\n" << bytes;
    return head;
}

inline Fault refused(std::string_view bytes, const HeadLimits& limits = {}) {
    RequestHead head;
    const Result<void> result = parse_request(bytes, limits, head);
    EXPECT_FALSE(result.has_value()) << bytes;
    return result ? Fault{} : result.error();
}

inline ResponseHead accepted_response(std::string_view bytes, bool to_head_request = false) {
    ResponseHead head;
    const Result<void> result = parse_response(bytes, {}, to_head_request, head);
    EXPECT_TRUE(result.has_value()) << told(result) << "\n" << bytes;
    return head;
}

inline Fault refused_response(std::string_view bytes, const HeadLimits& limits = {}) {
    ResponseHead head;
    const Result<void> result = parse_response(bytes, limits, false, head);
    EXPECT_FALSE(result.has_value()) << bytes;
    return result ? Fault{} : result.error();
}

// "GET / HTTP/1.1" with a Host and these field lines (each with its CRLF).
inline std::string get_with(std::string_view field_lines) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string{field_lines} + "\r\n";
}
inline std::string ok_with(std::string_view field_lines) {
    return "HTTP/1.1 200 OK\r\n" + std::string{field_lines} + "\r\n";
}

}  // namespace outrigger::http1
