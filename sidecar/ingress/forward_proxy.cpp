// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/forward_proxy.hpp"

#include <array>
#include <cstddef>
#include <optional>

#include "sidecar/config/nearest.hpp"
#include "sidecar/ingress/ended.hpp"

namespace outrigger::ingress {
namespace {

constexpr std::uint16_t http_port = 80;
// Of what a caller named: the longest DNS name; the sentence has more to say.
constexpr std::size_t shown_max = 255;
constexpr std::size_t listed_max = 3;

// The codec knows only two schemes.
bool is_https(std::string_view target) noexcept {
    return target.find("://") == std::string_view{"https"}.size();
}

std::string without_port(const route::Authority& authority) {
    return std::string{authority.host.substr(0, shown_max)};
}

}   // namespace

// Plain, so that a call to an upstream needs no frame of its own.
Task<void> ForwardProxy::answer(Incoming& incoming) {
    http1::RequestHead& head = incoming.head;
    if (head.method == "CONNECT") return connect(incoming);
    if (head.target.starts_with('/') || head.target == "*")
        return turn_away(incoming, Reason::bad_request,
                         "This port is an HTTP forward proxy (outbound.proxy) and no server: its clients name it in "
                         "HTTP_PROXY, and ask for http://host/path or, with CONNECT, for host:port.");
    if (is_https(head.target))
        return turn_away(incoming, Reason::not_implemented,
                         "The forward proxy (outbound.proxy) does not speak TLS in a client's place: an https:// URL "
                         "is reached through a tunnel (CONNECT host:port), in which the client speaks it.");
    const route::Authority authority = route::Authority::parse(head.host, http_port);
    const std::optional<std::size_t> upstream = settings_.upstreams.match(authority, head.path);
    if (!upstream) return answer_unknown(incoming, authority);
    // Its target puts that before every path.
    head.path.remove_prefix(settings_.upstreams.all()[*upstream].prefix.size());
    return upstreams_[*upstream]->answer(incoming);
}

Task<void> ForwardProxy::connect(Incoming& incoming) {
    http1::BodyPlan& body = incoming.head.body;
    if (body.framing == http1::Framing::chunked || body.length > 0)
        return turn_away(incoming, Reason::bad_request,
                         "A CONNECT request has no body (RFC 9110, section 9.3.6).");
    body = {};
    const route::Authority authority = route::Authority::parse(incoming.head.host, 0);
    if (authority.port == 0)
        return turn_away(incoming, Reason::bad_request,
                         "CONNECT asks for port 0, which nobody can listen on.");
    const std::optional<std::size_t> upstream = settings_.upstreams.match(authority);
    if (!upstream) return answer_unknown(incoming, authority);
    return upstreams_[*upstream]->connect(incoming);
}

Task<void> ForwardProxy::answer_unknown(Incoming& incoming, const route::Authority& authority) {
    if (!settings_.passes_unknown) {
        const std::string known = known_instead_of(authority);
        const std::string_view sentence =
            proxy::explain(Fault{Reason::unknown_host, known}, {}, incoming.arena);
        return turn_away(incoming, Reason::unknown_host, sentence);
    }
    static_assert(Strangers::most == 256, "said below");
    if (Strangers::Stranger* const stranger = strangers_.find(authority))
        return Strangers::answer(*stranger, incoming);
    return turn_away(incoming, Reason::overloaded,
                     "Too many hosts that are no upstream are being called already; outbound.proxy.unknown lets "
                     "256 pass at once for each worker.");
}

// "users:8080/v2 (outbound.users)"
std::string ForwardProxy::show(std::size_t upstream) const {
    const route::Destinations::Known& one = settings_.upstreams.all()[upstream];
    return one.host + ':' + std::to_string(one.port) + one.prefix + " (outbound." +
           settings_.names[upstream] + ')';
}

// The host that was asked for, and what may have been meant: the same one elsewhere, one that is spelt alike, or any.
std::string ForwardProxy::known_instead_of(const route::Authority& authority) const {
    const std::vector<route::Destinations::Known>& all = settings_.upstreams.all();
    std::string text = without_port(authority) + ':' + std::to_string(authority.port);
    if (all.empty()) return text + "; no upstream is set";
    std::vector<std::string_view> hosts;
    for (const route::Destinations::Known& one : all) hosts.push_back(one.host);
    const std::string_view nearest = config::nearest(authority.host, hosts);
    std::string_view joint = nearest.empty() ? "; known are " : "; the nearest is ";
    std::size_t listed = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!nearest.empty() && all[i].host != nearest) continue;
        if (++listed > listed_max) return text + " and others";
        text.append(std::exchange(joint, ", ")).append(show(i));
    }
    return text;
}

Task<void> ForwardProxy::turn_away(Incoming& incoming, Reason reason, std::string_view sentence) {
    std::array<char, INET6_ADDRSTRLEN> ip;
    const proxy::Caller caller{incoming.peer.host(ip), incoming.peer.port()};
    const metrics::ActiveRequest active = calls_.begin(metrics::http_method(incoming.head.method));
    const OutboundSettings& settings = settings_.others;
    proxy::Exchange exchange{incoming.worker,     incoming.stream, incoming.head,
                             incoming.arena,      settings.limits, nothing_kept_,
                             route::Table::other, caller,          incoming.cancel};
    if (settings_.observer) settings_.observer->on(resilience::CallRefused{settings.name, Fault{reason}});

    proxy::Reply reply{{}, proxy::LocalReply{Fault{reason}, sentence, exchange.request_id()}, {}};
    ReplyWriter writer{exchange, reply, incoming.lifecycle, settings.limits.idle};
    co_await writer.rest();
    const metrics::HttpRoute route{route::Table::other.id, route::Table::other.name};
    middleware::ExchangeEnded event = ended(incoming, exchange, reply, writer.written(), route, std::nullopt);
    event.upstream = settings.name;
    telemetry_.emit(event, calls_);
    journal_.note(event, exchange.story, settings.limits.policies);
}

Task<void> ForwardProxy::refuse(Incoming& incoming, Fault fault) {
    middleware::ExchangeEnded event = co_await answer_refused(incoming, fault, settings_.others.limits.idle);
    event.upstream = settings_.others.name;
    telemetry_.emit(event, calls_);
}

}   // namespace outrigger::ingress
