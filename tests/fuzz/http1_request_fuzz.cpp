// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/parser.hpp"
#include "sidecar/http1/writer.hpp"
#include "tests/fuzz/fields_as_specified.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// A request head from anywhere: no byte may crash the parser, a prefix is never refused of what is accepted
// whole, and what was accepted means the same after it was written again.
namespace {

using namespace outrigger;
using namespace outrigger::http1;

using as_specified::require;

constexpr HeadLimits small{.header_bytes = 2048, .uri_bytes = 512};  // so that inputs of a few KiB reach them

// As a connection does it: some bytes more each time, what was scanned told to the next look.
Result<void> check_growing(std::string_view bytes, std::size_t step) {
    for (std::size_t scanned = 0; scanned < bytes.size();) {
        const std::size_t size = std::min(scanned + step, bytes.size());
        if (head_end(bytes.substr(0, size), scanned) != 0) return {};
        if (Result<void> sound = check_partial_request(bytes.substr(0, size), small, scanned); !sound)
            return sound;
        scanned = size;
    }
    return {};
}

void require_sound(const RequestHead& head) {
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    for (const Field& field : head.fields.all()) {
        require(!field.name.empty() && field.name.find_first_of(" \t:\r\n") == std::string_view::npos);
        require(field.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
        hosts += same_name(field.name, "host") ? 1U : 0U;
        lengths += same_name(field.name, "content-length") ? 1U : 0U;
    }
    as_specified::require_fields(head.fields);
    require(!is_hop_by_hop("content-length", head.fields) && is_hop_by_hop("connection", head.fields));
    if (head.method == "GET" || head.method == "PUT") require(is_idempotent(head.method));
    if (head.method == "POST" || as_specified::folded(head.method) == head.method) require(!is_idempotent(head.method));
    require(hosts == 1 || (hosts == 0 && head.version == Version::http10));
    require(lengths == (head.body.framing == Framing::length ? 1U : 0U));
    require(head.body.framing != Framing::until_close);
    require(head.body.framing != Framing::chunked || head.version == Version::http11);
    require(head.method == "CONNECT" ? head.path == head.host
                                     : head.path == "*" || head.path.starts_with('/'));
}

void require_the_same(const RequestHead& one, const RequestHead& other) {
    require(one.method == other.method && one.path == other.path && one.host == other.host);
    require(one.body == other.body && one.keep_alive == other.keep_alive && one.upgrade == other.upgrade);
    require(one.expects_continue == other.expects_continue && one.forwarded_for == other.forwarded_for);
    require(one.request_id == other.request_id && one.traceparent == other.traceparent);
    require(std::ranges::equal(one.fields.all(), other.fields.all(), [](const Field& a, const Field& b) {
        return a.name == b.name && a.value == b.value;
    }));
}

void write_and_parse_again(const RequestHead& head) {
    std::array<char, 8192> storage;
    HeadWriter writer{storage};
    writer.request_line(head.method, head.path);
    writer.fields(head.fields);
    writer.end();
    require(!writer.overflowed() && head_end(writer.written(), 0) == writer.written().size());
    RequestHead again;
    require(parse_request(writer.written(), {}, again).has_value());
    require_the_same(head, again);
}

// What is hidden is not written, and nothing else is lost.
void write_without_hop_by_hop(RequestHead head) {
    head.fields.hide(hop_by_hop);
    std::array<char, 8192> storage;
    HeadWriter writer{storage};
    writer.request_line(head.method, head.path);
    writer.fields(head.fields);
    writer.end();
    RequestHead again;
    require(!writer.overflowed() && parse_request(writer.written(), {}, again).has_value());
    std::size_t at = 0;
    for (const Field& field : head.fields.all()) {
        if (!head.fields.is_shown(field)) continue;
        require(at < again.fields.all().size());
        const Field& other = again.fields.all()[at++];
        require(other.name == field.name && other.value == field.value && !hop_by_hop.contains(other.known));
    }
    require(at == again.fields.all().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const std::size_t step = 1 + size % 7;
    const Result<void> growing = check_growing(bytes, step);
    const std::size_t end = head_end(bytes, 0);
    RequestHead head;
    const Result<void> parsed = parse_request(bytes.substr(0, end == 0 ? size : end), small, head);
    require(end != 0 || !parsed);
    require(growing.has_value() || !parsed);
    if (!parsed) {
        require(!parsed.error().detail.empty());
        return 0;
    }
    require_sound(head);
    if (head.version != Version::http11) return 0;  // the writer speaks 1.1 only
    write_and_parse_again(head);
    write_without_hop_by_hop(head);
    return 0;
}
