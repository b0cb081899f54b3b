// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/forwarding.hpp"

#include <algorithm>
#include <array>

#include "sidecar/http1/parser.hpp"

namespace outrigger::proxy {
namespace {

using http1::Field;
using http1::same_name;

bool is_connection(const Field& field) noexcept { return same_name(field.name, "Connection"); }

// In two passes: what Connection names is looked up while the others are removed.
template <class AlsoRemoved>
void remove_hop_by_hop(http1::Fields& fields, AlsoRemoved also) {
    fields.erase_if([&](const Field& field) {
        return !is_connection(field) && (http1::is_hop_by_hop(field.name, fields) || also(field.name));
    });
    fields.erase_if(is_connection);
}

// What we say ourselves, so that it stands once, and no caller can take it away by naming it in Connection.
bool written_here(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 7> names{"Host",              "Content-Length",   "traceparent", "X-Request-Id",
                                                    "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-For"};
    return std::any_of(names.begin(), names.end(), [&](std::string_view ours) { return same_name(name, ours); });
}

// "a, b"; b alone if a is empty.
std::string_view appended(std::string_view list, std::string_view item, net::Arena& arena) {
    if (list.empty()) return item;
    const std::span<char> room = arena.room(list.size() + 2 + item.size());
    auto at = std::copy(list.begin(), list.end(), room.begin());
    *at++ = ',';
    *at++ = ' ';
    std::copy(item.begin(), item.end(), at);
    const std::size_t size = list.size() + 2 + item.size();
    arena.keep(size);
    return {room.data(), size};
}

// All lines of X-Forwarded-For as one list, in order.
std::string_view forwarded_for(const http1::Fields& fields, net::Arena& arena) {
    std::string_view list;
    for (const Field& field : fields.all())
        if (same_name(field.name, "X-Forwarded-For") && !field.value.empty()) list = appended(list, field.value, arena);
    return list;
}

// HTTP/2 in clear is not spoken here, so an offer of it ends here, as any server may ignore one (RFC 9110, section 7.8).
bool may_go_on(std::string_view upgrade) noexcept {
    constexpr std::string_view h2c = "h2c";
    for (std::size_t at = 0; at + h2c.size() <= upgrade.size(); ++at)
        if (same_name(upgrade.substr(at, h2c.size()), h2c)) return false;
    return !upgrade.empty();
}

// What a Connection field must announce, and the field with it.
bool add_connection_fields(http1::RequestHead& head, bool upgrade) {
    bool room = true;
    if (upgrade) room = head.fields.add("Upgrade", head.upgrade);
    if (head.takes_trailers) room = room && head.fields.add("TE", "trailers");
    if (upgrade || head.takes_trailers)
        room = room && head.fields.add("Connection", !upgrade               ? "TE"
                                                     : head.takes_trailers ? "Upgrade, TE"
                                                                           : "Upgrade");
    return room;
}

}  // namespace

Result<void> prepare_request(Exchange& exchange) {
    http1::RequestHead& head = exchange.request();
    const std::uint64_t body_max = exchange.limits().body_bytes.count();
    if (body_max && head.body.framing == http1::Framing::length && head.body.length > body_max)
        return Fault{Reason::body_too_large, "the announced body exceeds limits.body_bytes"};
    const std::string_view callers =
        head.forwarded_for.empty() ? std::string_view{} : forwarded_for(head.fields, exchange.arena());
    // State belongs to a trace: to one that begins here no other's.
    const bool foreign_state = exchange.trace().parent_span_id().empty();
    remove_hop_by_hop(head.fields, [&](std::string_view name) {
        return written_here(name) || (foreign_state && same_name(name, "tracestate"));
    });
    http1::Fields& fields = head.fields;
    bool room = fields.add("X-Forwarded-For", appended(callers, exchange.caller().ip, exchange.arena()));
    room = room && fields.add("X-Forwarded-Proto", head.forwarded_proto.empty() ? "http" : head.forwarded_proto);
    room = room && fields.add("X-Forwarded-Host", head.forwarded_host.empty() ? head.host : head.forwarded_host);
    room = room && fields.add("X-Request-Id", exchange.request_id());
    room = room && fields.add("traceparent", exchange.trace().traceparent());
    const bool upgrade = may_go_on(head.upgrade);
    if (upgrade) exchange.offer_upgrade();
    room = room && add_connection_fields(head, upgrade);
    if (!room) return Fault{Reason::header_too_large, "the request has too many header fields"};
    return {};
}

void prepare_reply(http1::ResponseHead& head) {
    // Replies to HEAD and 304 say how long the body would have been; all others are framed by the codec.
    const bool framed_anew = head.body.framing != http1::Framing::none || head.status == 204 || head.status < 200;
    remove_hop_by_hop(head.fields,
                      [&](std::string_view name) { return framed_anew && same_name(name, "Content-Length"); });
    if (head.status != 101) return;
    // Hop-by-hop fields have just left: there is room.
    (void)head.fields.add("Connection", "Upgrade");
    (void)head.fields.add("Upgrade", head.upgrade);
}

}  // namespace outrigger::proxy
