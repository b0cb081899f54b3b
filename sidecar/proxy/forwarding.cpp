// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/forwarding.hpp"

#include <algorithm>

#include "sidecar/http1/parser.hpp"

namespace outrigger::proxy {
namespace {

using http1::Field;
using http1::FieldName;
using http1::FieldNames;

// What we say ourselves, so that it stands once, and no caller can take it away by naming it in Connection.
constexpr FieldNames written_in_calls{FieldName::host, FieldName::content_length, FieldName::traceparent,
                                      FieldName::request_id};
constexpr FieldNames written_here =
    written_in_calls | FieldNames{FieldName::forwarded_proto, FieldName::forwarded_host, FieldName::forwarded_for};

// The hop-by-hop fields and those of `names` do not go on. What Connection names besides is looked up and removed.
void hide_hop_by_hop(http1::Fields& fields, FieldNames names) {
    if (fields.connection() != http1::Fields::Connection::plain)
        fields.erase_if([&](const Field& field) {
            return field.known != FieldName::connection && http1::is_hop_by_hop(field, fields);
        });
    fields.hide(names | http1::hop_by_hop);
}

std::string_view or_else(std::string_view value, std::string_view otherwise) noexcept {
    return value.empty() ? otherwise : value;
}

// All lines of X-Forwarded-For as one list, in order, and the caller at its end.
std::string_view forwarded_for(const http1::RequestHead& head, std::string_view caller, net::Arena& arena) {
    if (head.forwarded_for.empty()) return caller;
    constexpr std::string_view comma = ", ";
    const auto is_one = [](const Field& field) { return field.known == FieldName::forwarded_for && !field.value.empty(); };
    std::size_t size = caller.size();
    for (const Field& field : head.fields.all())
        if (is_one(field)) size += field.value.size() + comma.size();
    const std::span<char> room = arena.room(size);
    auto at = room.begin();
    for (const Field& field : head.fields.all()) {
        if (!is_one(field)) continue;
        at = std::copy(field.value.begin(), field.value.end(), at);
        at = std::copy(comma.begin(), comma.end(), at);
    }
    std::copy(caller.begin(), caller.end(), at);
    arena.keep(size);
    return {room.data(), size};
}

// HTTP/2 in clear is not spoken here, so an offer of it ends here, as any server may ignore one (RFC 9110, section 7.8).
bool may_go_on(std::string_view upgrade) noexcept {
    constexpr std::string_view h2c = "h2c";
    for (std::size_t at = 0; at + h2c.size() <= upgrade.size(); ++at)
        if (http1::same_name(upgrade.substr(at, h2c.size()), h2c)) return false;
    return !upgrade.empty();
}

// A call of the app's: it goes out in the app's own name, to the upstream's.
void address_to(const Target& target, Exchange& exchange) {
    http1::RequestHead& head = exchange.request();
    head.host = target.authority;
    if (target.prefix.empty() || head.path == "*") return;   // that has no place for one
    const std::span<char> room = exchange.arena().room(target.prefix.size() + head.path.size());
    std::copy(head.path.begin(), head.path.end(), std::copy(target.prefix.begin(), target.prefix.end(), room.begin()));
    exchange.arena().keep(room.size());
    head.path = {room.data(), room.size()};
}

// State belongs to a trace: to one that begins here no other's.
FieldNames without_foreign_state(const Exchange& exchange, FieldNames names) noexcept {
    return exchange.trace().parent_span_id().empty() ? names | FieldNames{FieldName::tracestate} : names;
}

}  // namespace

Result<void> prepare_request(Exchange& exchange) {
    http1::RequestHead& head = exchange.request();
    if (head.method == "CONNECT") {   // nothing of it goes on
        if (exchange.tunnels) return {};
        return Fault{Reason::not_implemented, "CONNECT is not taken here"};   // no forward proxy
    }
    const std::uint64_t body_max = exchange.limits().body_bytes.count();
    if (body_max && head.body.framing == http1::Framing::length && head.body.length > body_max)
        return Fault{Reason::body_too_large, "the announced body exceeds limits.body_bytes"};
    head.own = {.request_id = exchange.request_id(),
                .traceparent = exchange.trace().traceparent(),
                .upgrade = may_go_on(head.upgrade) ? head.upgrade : std::string_view{},
                .takes_trailers = head.takes_trailers};
    if (const Target* target = exchange.limits().target) {
        hide_hop_by_hop(head.fields, without_foreign_state(exchange, written_in_calls));
        address_to(*target, exchange);
        return {};
    }
    // Before Connection can take any of them away.
    head.own.forwarded_for = forwarded_for(head, exchange.caller().ip, exchange.arena());
    head.own.forwarded_proto = or_else(head.forwarded_proto, "http");
    head.own.forwarded_host = or_else(head.forwarded_host, head.host);
    hide_hop_by_hop(head.fields, without_foreign_state(exchange, written_here));
    return {};
}

void prepare_reply(http1::ResponseHead& head) {
    // Replies to HEAD and 304 say how long the body would have been; all others are framed by the codec.
    const bool framed_anew = head.body.framing != http1::Framing::none || head.status == 204 || head.status < 200;
    hide_hop_by_hop(head.fields, framed_anew ? FieldNames{FieldName::content_length} : FieldNames{});
}

}  // namespace outrigger::proxy
