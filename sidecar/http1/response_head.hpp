// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/framing.hpp"
#include "sidecar/http1/head_lines.hpp"
#include "sidecar/http1/message.hpp"
#include "sidecar/http1/parser.hpp"
#include "sidecar/http1/refusals.hpp"
#include "sidecar/http1/scan.hpp"

#include <string_view>

// A response's head: its first line, then what its fields mean together. Private to the codec.
namespace outrigger::http1 {

inline constexpr std::size_t status_line_min = std::string_view{"HTTP/1.1 200"}.size();

// Reads the status line at the start of `bytes`, which is whole; `at` moves behind it.
inline Refusal read_status_line(std::string_view bytes, const char*& at, ResponseHead& head) noexcept {
    if (!read_version(bytes, head.version) || bytes[8] != ' ') return &refusals::status_version;
    const std::string_view digits = bytes.substr(9, 3);
    if (!all_are(digits, char_class::digit)) return &refusals::status_digits;
    head.status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    if (head.status < 100) return &refusals::status_range;
    at = bytes.data() + status_line_min;
    if (is(*at, char_class::digit)) return &refusals::status_digits;
    if (*at == ' ') {
        const char* const phrase = ++at;
        at = skip_value(at, bytes.data() + bytes.size());
        head.reason_phrase = {phrase, static_cast<std::size_t>(at - phrase)};
    }
    if (!is_line_end(at)) return why_not(*at, refusals::status_no_space);
    at += crlf.size();
    return nullptr;
}

class ResponseFields {
public:
    explicit ResponseFields(ResponseHead& head) noexcept : head_{head} {}

    Refusal note(const Field& field) noexcept {
        switch (field.known) {
            case FieldName::content_length: return framing_.content_length(field.value);
            case FieldName::transfer_encoding: return framing_.transfer_encoding(field.value);
            case FieldName::connection: return options_.add(field.value);
            case FieldName::upgrade: keep_first(upgrade_, field.value); break;
            case FieldName::content_type: keep_first(head_.content_type, field.value); break;
            case FieldName::keep_alive: keep_first(head_.keep_alive_value, field.value); break;
            case FieldName::other:
            case FieldName::host:
            case FieldName::expect:
            case FieldName::user_agent:
            case FieldName::traceparent:
            case FieldName::tracestate:
            case FieldName::request_id:
            case FieldName::forwarded_for:
            case FieldName::forwarded_host:
            case FieldName::forwarded_proto:
            case FieldName::te:
            case FieldName::proxy_connection:
            case FieldName::proxy_authenticate:
            case FieldName::proxy_authorization: break;
        }
        return nullptr;
    }

    Refusal settle(bool to_head_request) noexcept {
        if (const Refusal refusal = framing_.conflict(head_.version)) return refusal;
        const bool bodiless =
            to_head_request || head_.status < 200 || head_.status == 204 || head_.status == 304;
        head_.body = bodiless ? BodyPlan{} : framing_.plan(Framing::until_close);
        head_.keep_alive = options_.keeps_alive(head_.version) && head_.body.framing != Framing::until_close;
        head_.fields.connection(options_.names());
        if (options_.names_upgrade() && head_.version == Version::http11) head_.upgrade = upgrade_;
        return nullptr;
    }

private:
    ResponseHead& head_;
    BodyFraming framing_;
    ConnectionOptions options_;
    std::string_view upgrade_;
};

inline Refusal read_response(std::string_view bytes, const HeadLimits& limits, bool to_head_request,
                             ResponseHead& head) noexcept {
    if (!bytes.ends_with(head_tail)) return &refusals::not_whole;
    const char* at = bytes.data();
    if (const Refusal refusal = read_status_line(bytes, at, head)) return refusal;
    if (bytes.size() > limits.header_bytes) return &refusals::head_too_large;
    ResponseFields seen{head};
    const auto note = [&seen](const Field& field) { return seen.note(field); };
    if (const Refusal refusal = read_fields(at, bytes.data() + bytes.size(), head.fields, note))
        return refusal;
    return seen.settle(to_head_request);
}

}  // namespace outrigger::http1
