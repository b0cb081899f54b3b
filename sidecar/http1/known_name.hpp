// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/message.hpp"

#include <string_view>

// Tells the field names apart that mean something here, by their length and then word-wise. Private to the codec.
namespace outrigger::http1 {

[[gnu::always_inline]] inline FieldName known_name(std::string_view name) noexcept {
    static constexpr KnownName te = "te";
    static constexpr KnownName host = "host";
    static constexpr KnownName expect = "expect";
    static constexpr KnownName upgrade = "upgrade";
    static constexpr KnownName connection = "connection";
    static constexpr KnownName keep_alive = "keep-alive";
    static constexpr KnownName tracestate = "tracestate";
    static constexpr KnownName user_agent = "user-agent";
    static constexpr KnownName traceparent = "traceparent";
    static constexpr KnownName content_type = "content-type";
    static constexpr KnownName request_id = "x-request-id";
    static constexpr KnownName content_length = "content-length";
    static constexpr KnownName forwarded_for = "x-forwarded-for";
    static constexpr KnownName forwarded_host = "x-forwarded-host";
    static constexpr KnownName proxy_connection = "proxy-connection";
    static constexpr KnownName forwarded_proto = "x-forwarded-proto";
    static constexpr KnownName transfer_encoding = "transfer-encoding";
    static constexpr KnownName proxy_authenticate = "proxy-authenticate";
    static constexpr KnownName proxy_authorization = "proxy-authorization";
    const char* const at = name.data();
    switch (name.size()) {
        case 2:
            if (te.is_at(at)) return FieldName::te;
            break;
        case 4:
            if (host.is_at(at)) return FieldName::host;
            break;
        case 6:
            if (expect.is_at(at)) return FieldName::expect;
            break;
        case 7:
            if (upgrade.is_at(at)) return FieldName::upgrade;
            break;
        case 10:
            if (user_agent.is_at(at)) return FieldName::user_agent;
            if (connection.is_at(at)) return FieldName::connection;
            if (keep_alive.is_at(at)) return FieldName::keep_alive;
            if (tracestate.is_at(at)) return FieldName::tracestate;
            break;
        case 11:
            if (traceparent.is_at(at)) return FieldName::traceparent;
            break;
        case 12:
            if (content_type.is_at(at)) return FieldName::content_type;
            if (request_id.is_at(at)) return FieldName::request_id;
            break;
        case 14:
            if (content_length.is_at(at)) return FieldName::content_length;
            break;
        case 15:
            if (forwarded_for.is_at(at)) return FieldName::forwarded_for;
            break;
        case 16:
            if (forwarded_host.is_at(at)) return FieldName::forwarded_host;
            if (proxy_connection.is_at(at)) return FieldName::proxy_connection;
            break;
        case 17:
            if (forwarded_proto.is_at(at)) return FieldName::forwarded_proto;
            if (transfer_encoding.is_at(at)) return FieldName::transfer_encoding;
            break;
        case 18:
            if (proxy_authenticate.is_at(at)) return FieldName::proxy_authenticate;
            break;
        case 19:
            if (proxy_authorization.is_at(at)) return FieldName::proxy_authorization;
            break;
        default: break;
    }
    return FieldName::other;
}

}  // namespace outrigger::http1
