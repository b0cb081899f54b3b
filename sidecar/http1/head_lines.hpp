// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/known_name.hpp"
#include "sidecar/http1/message.hpp"
#include "sidecar/http1/refusals.hpp"
#include "sidecar/http1/scan.hpp"

#include <cstring>
#include <string_view>

// The lines of a head, whatever it begins with. Private to the codec.
//
// A head is walked once, from `at` on. That it ends in an empty line is checked first; then every walk meets
// a CR or LF before the end, and needs no other end.
namespace outrigger::http1 {

static_assert(fields_max == 128, "refusals::too_many_fields names the number");

inline constexpr std::string_view crlf = "\r\n";
inline constexpr std::string_view head_tail = "\r\n\r\n";

constexpr bool is_line_end(const char* at) noexcept { return at[0] == '\r' && at[1] == '\n'; }
// The same where two bytes are there to be read: before the end of a whole head.
inline bool is_line_end_at_once(const char* at) noexcept { return std::memcmp(at, crlf.data(), 2) == 0; }

// `HTTP/` DIGIT `.` DIGIT
constexpr bool is_version(std::string_view text) noexcept {
    return text.size() == 8 && text.starts_with("HTTP/") && is(text[5], char_class::digit) &&
           text[6] == '.' && is(text[7], char_class::digit);
}

// The eight bytes at `at` say HTTP/1.0 or HTTP/1.1.
inline bool read_version(std::string_view text, Version& version) noexcept {
    if (!text.starts_with("HTTP/1.") || text.size() < 8 || (text[7] != '0' && text[7] != '1')) return false;
    version = text[7] == '1' ? Version::http11 : Version::http10;
    return true;
}

// Why `byte` may not stand in a head at all; `otherwise` where it may, but not at this place.
inline Refusal why_not(char byte, const Fault& otherwise) noexcept {
    if (byte == '\n') return &refusals::bare_lf;
    if (byte == '\r') return &refusals::bare_cr;
    if (byte == '\0') return &refusals::nul_byte;
    if (!is(byte, char_class::value)) return &refusals::control_byte;
    return &otherwise;
}

inline Refusal why_no_name(const char* at, bool first_field) noexcept {
    if (is_blank(*at)) return first_field ? &refusals::blank_before_fields : &refusals::folded_field;
    return *at == ':' ? &refusals::empty_name : why_not(*at, refusals::name_byte);
}

inline Refusal why_no_colon(const char* at) noexcept {
    if (is_line_end(at)) return &refusals::no_colon;
    if (!is_blank(*at)) return why_not(*at, refusals::name_byte);
    while (is_blank(*at)) ++at;
    return *at == ':' ? &refusals::blank_before_colon : &refusals::name_byte;
}

inline void keep_first(std::string_view& kept, std::string_view value) noexcept {
    if (kept.empty()) kept = value;
}

// Reads field lines from `at`, behind the first line, to the head's empty line. `note(field)` sees each one whose name
// means something, and may refuse.
template <class Note>
[[nodiscard]] Refusal read_fields(const char* at, const char* end, Fields& fields, Note&& note) noexcept {
    while (!is_line_end_at_once(at)) {
        const char* const name = at;
        at = skip_field_name(at, end);  // a first line has 14 bytes at least, a field's name and colon two
        if (at == name) return why_no_name(at, fields.all().empty());
        if (*at != ':') return why_no_colon(at);
        const char* const colon = at;
        const char* value = colon + 2;
        bool verbatim = colon[1] == ' ' && !is_blank(*value) && *value != '\r';  // mostly one blank, then a value
        if (!verbatim)
            for (value = colon + 1; is_blank(*value);) ++value;
        at = skip_field_value(value, end);
        if (!is_line_end_at_once(at)) return why_not(*at, refusals::control_byte);
        const char* value_end = at;
        if (is_blank(value_end[-1])) {
            verbatim = false;
            while (value_end != value && is_blank(value_end[-1])) --value_end;
        }
        const std::string_view field_name{name, colon};
        if (fields.all().size() == fields_max) return &refusals::too_many_fields;
        const Field* const field = fields.add(field_name, {value, value_end}, known_name(field_name), verbatim);
        if (field->known != FieldName::other)
            if (const Refusal refusal = note(*field)) return refusal;
        at += crlf.size();
    }
    return at + crlf.size() == end ? nullptr : &refusals::not_whole;
}

}  // namespace outrigger::http1
