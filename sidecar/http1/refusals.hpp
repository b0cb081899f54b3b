// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/result.hpp>

// Everything for which a message is refused, with the sentence that its sender (or, for an answer, the log)
// gets. Inside the codec a refusal is a pointer to one of these; null means that all is well.
namespace outrigger::http1 {

using Refusal = const Fault*;

namespace refusals {

inline constexpr Fault bad(std::string_view detail) noexcept { return {Reason::bad_request, detail}; }

// Lines and bytes of a head.
inline constexpr Fault not_whole = bad("the head does not end in exactly one empty line");
inline constexpr Fault bare_lf = bad("a line of the head ends in a bare LF; lines end in CRLF");
inline constexpr Fault bare_cr = bad("the head has a CR that is not followed by LF");
inline constexpr Fault nul_byte = bad("the head has a NUL byte");
inline constexpr Fault control_byte =
    bad("the head has a control byte; of these only a tab in a field value is allowed");
inline constexpr Fault tls = bad("a TLS handshake came to a port that speaks plain HTTP");
inline constexpr Fault head_too_large{Reason::header_too_large,
                                      "the head is larger than limits.header_bytes"};
inline constexpr Fault too_many_fields{Reason::header_too_large, "the head has more than 128 fields"};

inline constexpr Fault too_many_options{Reason::header_too_large, "the Connection fields name more than 64 options"};

// Field lines.
inline constexpr Fault blank_before_fields = bad("a blank stands between the first line and the fields");
inline constexpr Fault folded_field =
    bad("a field value goes on in the next line (obs-fold); a value is one line");
inline constexpr Fault empty_name = bad("a field has an empty name");
inline constexpr Fault blank_before_colon = bad("a blank stands between a field's name and its colon");
inline constexpr Fault no_colon = bad("a field line has no colon");
inline constexpr Fault name_byte = bad("a field name has a byte that is not allowed; a name is a token");

// Request line.
inline constexpr Fault empty_lines = bad("more than one empty line stands before the request line");
inline constexpr Fault no_method = bad("the request line does not begin with a method");
inline constexpr Fault method_byte = bad("the method has a byte that is not allowed; a method is a token");
inline constexpr Fault method_too_long = bad("the method is longer than 32 bytes");
inline constexpr Fault no_target =
    bad("the request line has no target, or more than one space after the method");
inline constexpr Fault no_version = bad("the request line has no version; HTTP/0.9 is not spoken");
inline constexpr Fault uri_too_long{Reason::uri_too_long,
                                    "the request target is longer than limits.uri_bytes"};
inline constexpr Fault target_byte = bad("the request target has a byte that is not allowed there");
inline constexpr Fault target_not_ascii =
    bad("the request target has bytes above 0x7f; they must be percent-encoded");
inline constexpr Fault target_fragment = bad("the request target has a fragment (#)");
inline constexpr Fault target_form =
    bad("the request target is neither a path nor an absolute http or https URI");
inline constexpr Fault target_scheme = bad("the request target's scheme is neither http nor https");
inline constexpr Fault target_authority = bad("the request target has no valid host and port");
inline constexpr Fault target_no_path =
    bad("the request target has a query but no path; write / before the ?");
inline constexpr Fault asterisk = bad("the request target * goes only with OPTIONS");
inline constexpr Fault connect_target = bad("a CONNECT target is host:port");
inline constexpr Fault version_malformed =
    bad("the request line does not end in a single space and HTTP/1.0 or HTTP/1.1");
inline constexpr Fault version_unsupported =
    bad("the HTTP version is not supported; HTTP/1.0 and HTTP/1.1 are");
inline constexpr Fault http2_preface = bad("an HTTP/2 preface (prior knowledge) may only begin a connection, and only one to the app");

// Host.
inline constexpr Fault host_missing = bad("an HTTP/1.1 request needs a Host field");
inline constexpr Fault host_repeated = bad("the request has more than one Host field");
inline constexpr Fault host_invalid = bad("the Host field is not a valid host with an optional port");

// What frames the body.
inline constexpr Fault length_and_coding = bad("Content-Length and Transfer-Encoding are both present");
inline constexpr Fault length_repeated = bad("Content-Length is present more than once");
inline constexpr Fault length_empty = bad("Content-Length is empty");
inline constexpr Fault length_list = bad("Content-Length is a list; it is one number");
inline constexpr Fault length_not_digits = bad("Content-Length has a byte that is not a digit");
inline constexpr Fault length_too_large = bad("Content-Length is too large; the most is 2^63-1");
inline constexpr Fault coding_malformed = bad("Transfer-Encoding is malformed");
inline constexpr Fault coding_parameter = bad("Transfer-Encoding gives chunked a parameter; it has none");
inline constexpr Fault coding_chunked_twice = bad("Transfer-Encoding names chunked more than once");
inline constexpr Fault coding_not_last = bad("Transfer-Encoding does not end in chunked");
inline constexpr Fault coding_in_http10 = bad("Transfer-Encoding came with HTTP/1.0, which does not have it");
inline constexpr Fault coding_unknown{
    Reason::not_implemented, "Transfer-Encoding names a coding other than chunked; only chunked is spoken"};
inline constexpr Fault expectation = bad("Expect names something other than 100-continue");

// Status line.
inline constexpr Fault status_version =
    bad("the answer does not begin with HTTP/1.0 or HTTP/1.1 and a single space");
inline constexpr Fault status_digits = bad("the answer's status is not three digits");
inline constexpr Fault status_range = bad("the answer's status is below 100");
inline constexpr Fault status_no_space =
    bad("the answer's status is not followed by a space or the line's end");

// Chunked bodies.
inline constexpr Fault chunk_size_missing = bad("a chunk has no size");
inline constexpr Fault chunk_size_byte = bad("a chunk size has a byte that is not a hexadecimal digit");
inline constexpr Fault chunk_size_too_large =
    bad("a chunk size is too large; the most is 16 digits and 2^63-1");
inline constexpr Fault chunk_extension = bad("a chunk extension is malformed");
inline constexpr Fault chunk_extension_too_long = bad("a chunk's extensions are longer than 4 KiB");
inline constexpr Fault chunk_line_end = bad("a chunk's line does not end in CRLF");
inline constexpr Fault chunk_data_end =
    bad("a chunk's data is not followed by CRLF; the chunk is longer than its size");
inline constexpr Fault trailer_too_large = bad("the trailer section is larger than 8 KiB");
inline constexpr Fault trailer_folded =
    bad("a trailer field goes on in the next line (obs-fold); a value is one line");
inline constexpr Fault trailer_name =
    bad("a trailer field's name is empty or has a byte that is not allowed");
inline constexpr Fault trailer_value = bad("a trailer field's value has a control byte");
inline constexpr Fault trailer_line_end = bad("a trailer line does not end in CRLF");

}  // namespace refusals
}  // namespace outrigger::http1
