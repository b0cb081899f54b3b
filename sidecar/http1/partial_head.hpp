// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/request_head.hpp"
#include "sidecar/http1/response_head.hpp"

#include <algorithm>
#include <string_view>

// Heads whose end is still to come: no byte at or behind `bytes.end()` may be looked at. Private to the
// codec.
namespace outrigger::http1 {

// Looks at each byte once, whatever line it belongs to; `scanned` bytes were well, save for what the last two
// begin.
inline Refusal check_bytes(std::string_view bytes, std::size_t scanned, std::size_t first_line_end) noexcept {
    std::size_t from = scanned - std::min<std::size_t>(scanned, 2);
    if (from > 0 && bytes[from] == '\n') --from;  // its CR was well
    const char* at = bytes.data() + from;
    const char* const end = bytes.data() + bytes.size();
    while ((at = skip_value(at, end)) != end) {
        if (*at != '\r') return why_not(*at, refusals::control_byte);
        if (at + 1 == end) return nullptr;
        if (at[1] != '\n') return &refusals::bare_cr;
        const bool first = static_cast<std::size_t>(at - bytes.data()) == first_line_end;
        at += crlf.size();
        if (at != end && is_blank(*at))
            return first ? &refusals::blank_before_fields : &refusals::folded_field;
    }
    return nullptr;
}

// What keeps `text` from becoming HTTP/x.y.
inline Refusal check_version_start(std::string_view text) noexcept {
    constexpr std::string_view shape = "HTTP/0.0";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool fits =
            i < shape.size() && (shape[i] == '0' ? is(text[i], char_class::digit) : text[i] == shape[i]);
        if (!fits) return why_not(text[i], refusals::version_malformed);
    }
    return nullptr;
}

// `line` is the start of a request line, without a CR that may begin its end.
inline Refusal check_request_line_start(std::string_view line, const HeadLimits& limits,
                                        std::size_t scanned) noexcept {
    RequestHead head;
    const char* at = line.data();
    const char* const end = at + line.size();
    while (at != end && is(*at, char_class::token)) ++at;
    if (at == end) return line.size() > method_max ? &refusals::method_too_long : nullptr;
    at = line.data();
    if (const Refusal refusal = read_method(at, end, head)) return refusal;

    const std::string_view rest = line.substr(static_cast<std::size_t>(at - line.data()));
    const std::size_t space = rest.find(' ');
    const std::string_view target = rest.substr(0, space);
    if (target.size() > limits.uri_bytes) return &refusals::uri_too_long;
    const std::size_t known = std::min(scanned - std::min(scanned, head.method.size() + 1), target.size());
    for (const char& byte : target.substr(known))
        if (!is(byte, char_class::target)) return why_not_in_target(&byte);
    if (space == std::string_view::npos) return nullptr;
    if (target.empty()) return &refusals::no_target;
    return check_version_start(rest.substr(space + 1));
}

inline Refusal check_request_start(std::string_view bytes, const HeadLimits& limits,
                                   std::size_t scanned) noexcept {
    scanned = std::min(scanned, bytes.size());
    const bool too_large = bytes.size() >= limits.header_bytes;  // and the end is still to come
    if (bytes.starts_with(crlf)) {
        bytes.remove_prefix(crlf.size());
        scanned -= std::min(scanned, crlf.size());
    }
    if (bytes.empty()) return nullptr;
    const std::size_t line_end = bytes.find(crlf);
    if (line_end == 0) return &refusals::empty_lines;
    Refusal refusal = nullptr;
    if (line_end == std::string_view::npos) {
        const std::size_t cr = bytes.ends_with('\r') ? 1 : 0;
        refusal = check_request_line_start(bytes.substr(0, bytes.size() - cr), limits, scanned);
    } else if (line_end + crlf.size() > scanned) {
        RequestHead head;
        const char* at = bytes.data();
        refusal = read_request_line(at, at + bytes.size(), limits, head);
    }
    if (refusal != nullptr) return refusal;
    return too_large ? &refusals::head_too_large : check_bytes(bytes, scanned, line_end);
}

// `line` is the start of a status line.
inline Refusal check_status_line_start(std::string_view line) noexcept {
    constexpr std::string_view shape = "HTTP/1.0 000";
    for (std::size_t i = 0; i < std::min(line.size(), shape.size()); ++i) {
        if (shape[i] != '0' && line[i] != shape[i]) return &refusals::status_version;
        if (i == 7 && line[i] != '0' && line[i] != '1') return &refusals::status_version;
        if (i > 7 && shape[i] == '0' && !is(line[i], char_class::digit)) return &refusals::status_digits;
    }
    return nullptr;
}

inline Refusal check_response_start(std::string_view bytes, const HeadLimits& limits,
                                    std::size_t scanned) noexcept {
    scanned = std::min(scanned, bytes.size());
    const std::size_t line_end = bytes.find(crlf);
    Refusal refusal = nullptr;
    if (line_end == std::string_view::npos) {
        refusal = check_status_line_start(bytes);
    } else if (line_end + crlf.size() > scanned) {
        ResponseHead head;
        const char* at = bytes.data();
        refusal = read_status_line(bytes, at, head);
    }
    if (refusal != nullptr) return refusal;
    return bytes.size() >= limits.header_bytes ? &refusals::head_too_large
                                               : check_bytes(bytes, scanned, line_end);
}

}  // namespace outrigger::http1
