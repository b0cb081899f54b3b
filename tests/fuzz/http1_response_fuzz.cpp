// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/parser.hpp"
#include "sidecar/http1/writer.hpp"
#include "tests/fuzz/fields_as_specified.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// A response head from anywhere, as the answer to a GET and to a HEAD: no byte may crash the parser, a prefix
// is never refused of what is accepted whole, and what was accepted means the same after it was written
// again.
namespace {

using namespace outrigger;
using namespace outrigger::http1;

using as_specified::require;

constexpr HeadLimits small{.header_bytes = 2048};  // so that inputs of a few KiB reach it

Result<void> check_growing(std::string_view bytes, std::size_t step) {
    for (std::size_t scanned = 0; scanned < bytes.size();) {
        const std::size_t size = std::min(scanned + step, bytes.size());
        if (head_end(bytes.substr(0, size), scanned) != 0) return {};
        if (Result<void> sound = check_partial_response(bytes.substr(0, size), small, scanned); !sound)
            return sound;
        scanned = size;
    }
    return {};
}

void require_sound(const ResponseHead& head, bool to_head_request) {
    require(head.status >= 100 && head.status <= 999);
    const bool bodiless = to_head_request || head.status < 200 || head.status == 204 || head.status == 304;
    require(bodiless == (head.body.framing == Framing::none));
    require(head.body.framing != Framing::until_close || !head.keep_alive);
    require(head.body.framing != Framing::chunked || head.version == Version::http11);
    for (const Field& field : head.fields.all())
        require(field.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
    as_specified::require_fields(head.fields);
}

void write_and_parse_again(const ResponseHead& head, bool to_head_request) {
    std::array<char, 8192> storage;
    HeadWriter writer{storage};
    writer.status_line(head.status, head.reason_phrase);
    writer.fields(head.fields);
    writer.end();
    require(!writer.overflowed());
    ResponseHead again;
    require(parse_response(writer.written(), {}, to_head_request, again).has_value());
    require(again.status == head.status && again.reason_phrase == head.reason_phrase &&
            again.body == head.body);
    require(again.keep_alive == head.keep_alive && again.upgrade == head.upgrade);
    require(std::ranges::equal(head.fields.all(), again.fields.all(), [](const Field& a, const Field& b) {
        return a.name == b.name && a.value == b.value;
    }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const Result<void> growing = check_growing(bytes, 1 + size % 7);
    const std::size_t end = head_end(bytes, 0);
    for (const bool to_head_request : {false, true}) {
        ResponseHead head;
        const Result<void> parsed =
            parse_response(bytes.substr(0, end == 0 ? size : end), small, to_head_request, head);
        require(end != 0 || !parsed);
        require(growing.has_value() || !parsed);
        require(parsed || parsed.error().reason == Reason::upstream_protocol_error);
        if (!parsed) continue;
        require_sound(head, to_head_request);
        if (head.version == Version::http11)
            write_and_parse_again(head, to_head_request);  // the writer speaks 1.1 only
    }
    return 0;
}
