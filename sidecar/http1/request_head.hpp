// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/framing.hpp"
#include "sidecar/http1/head_lines.hpp"
#include "sidecar/http1/message.hpp"
#include "sidecar/http1/parser.hpp"
#include "sidecar/http1/refusals.hpp"
#include "sidecar/http1/scan.hpp"
#include "sidecar/http1/target.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

// A request's head: its first line, then what its fields mean together. Private to the codec.
namespace outrigger::http1 {

inline constexpr std::size_t method_max = 32;
inline constexpr std::uint32_t get_and_blank = std::bit_cast<std::uint32_t>(std::array{'G', 'E', 'T', ' '});

inline Refusal read_method(const char*& at, const char* end, RequestHead& head) noexcept {
    static constexpr char tls_handshake = 0x16;  // content type of the first record
    const char* const begin = at;
    if (end - at > 4 && load4(at) == get_and_blank) {   // mostly
        head.method = {begin, 3};
        at += 4;
        return nullptr;
    }
    at = skip_token(at, end);
    head.method = {begin, static_cast<std::size_t>(at - begin)};
    if (head.method.size() > method_max) return &refusals::method_too_long;
    if (*at == ' ' && !head.method.empty()) {
        ++at;
        return nullptr;
    }
    if (head.method.empty() && *at == tls_handshake) return &refusals::tls;
    if (head.method.empty()) return why_not(*at, refusals::no_method);
    return is_line_end(at) ? &refusals::no_target : why_not(*at, refusals::method_byte);
}

inline Refusal why_not_in_target(const char* at) noexcept {
    if (*at == '#') return &refusals::target_fragment;
    if (is_line_end(at)) return &refusals::no_version;
    if (static_cast<unsigned char>(*at) >= 0x80) return &refusals::target_not_ascii;
    return why_not(*at, refusals::target_byte);
}

inline Refusal read_target_bytes(const char*& at, const char* end, const HeadLimits& limits,
                                 RequestHead& head) noexcept {
    const char* const begin = at;
    at = skip_target(at, end);
    head.target = {begin, static_cast<std::size_t>(at - begin)};
    if (head.target.size() > limits.uri_bytes) return &refusals::uri_too_long;
    if (*at != ' ')
        return head.target.empty() && is_line_end(at) ? &refusals::no_target : why_not_in_target(at);
    if (head.target.empty()) return &refusals::no_target;
    ++at;
    return nullptr;
}

inline Refusal read_request_version(const char*& at, const char* end, RequestHead& head) noexcept {
    const char* const begin = at;
    at = skip_target(at, end);
    const std::string_view text{begin, static_cast<std::size_t>(at - begin)};
    if (!is_line_end(at)) return why_not(*at, refusals::version_malformed);
    at += crlf.size();
    if (text.size() == 8 && read_version(text, head.version)) return nullptr;
    if (!is_version(text)) return &refusals::version_malformed;
    return head.method == "PRI" ? &refusals::http2_preface : &refusals::version_unsupported;
}

// Reads the request line, which is whole.
inline Refusal read_request_line(const char*& at, const char* end, const HeadLimits& limits,
                                 RequestHead& head) noexcept {
    if (const Refusal refusal = read_method(at, end, head)) return refusal;
    if (const Refusal refusal = read_target_bytes(at, end, limits, head)) return refusal;
    if (const Refusal refusal = read_request_version(at, end, head)) return refusal;
    return read_target(head);
}

class RequestFields {
public:
    explicit RequestFields(RequestHead& head) noexcept : head_{head} {}

    Refusal note(const Field& field) noexcept;
    Refusal settle() noexcept;

private:
    Refusal host(std::string_view value) noexcept;
    Refusal expect(std::string_view value) noexcept;
    Refusal te(std::string_view value) noexcept;

    RequestHead& head_;
    BodyFraming framing_;
    ConnectionOptions options_;
    std::string_view upgrade_;
    int hosts_ = 0;
    int traceparents_ = 0;
    bool expects_continue_ = false;
};

[[gnu::always_inline]] inline Refusal RequestFields::note(const Field& field) noexcept {
    const std::string_view value = field.value;
    switch (field.known) {
        case FieldName::host: return host(value);
        case FieldName::te: return te(value);
        case FieldName::expect: return expect(value);
        case FieldName::content_length: return framing_.content_length(value);
        case FieldName::transfer_encoding: return framing_.transfer_encoding(value);
        case FieldName::upgrade: keep_first(upgrade_, value); break;
        case FieldName::connection:
            keep_first(head_.connection, value);
            return options_.add(value);
        case FieldName::user_agent: keep_first(head_.user_agent, value); break;
        case FieldName::traceparent: head_.traceparent = ++traceparents_ == 1 ? value : std::string_view{}; break;
        case FieldName::request_id: keep_first(head_.request_id, value); break;
        case FieldName::forwarded_for:
            if (!value.empty()) head_.forwarded_for = value;
            break;
        case FieldName::forwarded_host: keep_first(head_.forwarded_host, value); break;
        case FieldName::forwarded_proto: keep_first(head_.forwarded_proto, value); break;
        case FieldName::other:
        case FieldName::content_type:
        case FieldName::tracestate:
        case FieldName::keep_alive:
        case FieldName::proxy_connection:
        case FieldName::proxy_authenticate:
        case FieldName::proxy_authorization: break;
    }
    return nullptr;
}

// An empty Host is what RFC 9112 section 3.2 asks of a client whose target has no authority.
inline Refusal RequestFields::host(std::string_view value) noexcept {
    if (++hosts_ > 1) return &refusals::host_repeated;
    if (!value.empty() && !valid_authority(value, Port::optional)) return &refusals::host_invalid;
    if (head_.host.empty()) {
        head_.host = value;
        return nullptr;
    }
    Field& field = head_.fields.all().back();
    field.value = head_.host;   // the target's authority replaces it (section 3.2.2)
    field.verbatim = false;
    return nullptr;
}

inline Refusal RequestFields::expect(std::string_view value) noexcept {
    static constexpr KnownName hundred_continue = "100-continue";
    if (head_.version == Version::http10) return nullptr;  // RFC 9110 section 10.1.1: ignored there
    expects_continue_ = true;
    return hundred_continue.is(value) ? nullptr : &refusals::expectation;
}

inline Refusal RequestFields::te(std::string_view value) noexcept {
    static constexpr KnownName trailers = "trailers";
    return for_each_element(value, [this](std::string_view coding) -> Refusal {
        head_.takes_trailers = head_.takes_trailers || trailers.is(coding);
        return nullptr;
    });
}

inline Refusal RequestFields::settle() noexcept {
    if (const Refusal refusal = framing_.conflict(head_.version)) return refusal;
    if (hosts_ == 0 && head_.version == Version::http11) return &refusals::host_missing;
    head_.body = framing_.plan(Framing::none);
    head_.keep_alive = options_.keeps_alive(head_.version);
    head_.fields.connection(options_.names());
    if (options_.names_upgrade() && head_.version == Version::http11) head_.upgrade = upgrade_;
    head_.expects_continue =
        expects_continue_ && (head_.body.framing == Framing::chunked || head_.body.length != 0);
    return nullptr;
}

inline Refusal read_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head) noexcept {
    const std::size_t whole = bytes.size();
    if (bytes.starts_with(crlf))
        bytes.remove_prefix(crlf.size());  // one empty line before it, RFC 9112 section 2.2
    if (bytes.starts_with(crlf)) return &refusals::empty_lines;
    if (!bytes.ends_with(head_tail)) return &refusals::not_whole;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    if (const Refusal refusal = read_request_line(at, end, limits, head)) return refusal;
    if (whole > limits.header_bytes) return &refusals::head_too_large;
    RequestFields seen{head};
    const auto note = [&seen](const Field& field) { return seen.note(field); };
    if (const Refusal refusal = read_fields(at, end, head.fields, note)) return refusal;
    return seen.settle();
}

}  // namespace outrigger::http1
