// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/strangers.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sidecar/http1/parser.hpp"

namespace outrigger::ingress {
namespace {

std::string without_usual_port(const std::string& authority) {
    constexpr std::string_view usual = ":80";
    return authority.substr(0, authority.size() - (authority.ends_with(usual) ? usual.size() : 0));
}

OutboundSettings addressed_to(const proxy::Target& target, OutboundSettings settings) {
    settings.limits.target = &target;
    return settings;
}

}   // namespace

Strangers::Stranger::Stranger(const Shared& shared, std::string authority, std::uint16_t port,
                              std::unique_ptr<upstream::Connector> connector)
    : authority_{std::move(authority)},
      port_{port},
      host_{without_usual_port(authority_)},
      settings_{addressed_to(target_, shared.settings)},
      cluster_{shared.worker,
               std::move(connector),
               shared.limits,
               {.idle_max = idle_most, .idle_for = shared.idle_for}},
      outbound_{settings_, cluster_, shared.calls, shared.telemetry, shared.journal} {}

bool Strangers::make_room() {
    if (all_.size() < most) return true;
    const auto idle =
        std::find_if(all_.rbegin(), all_.rend(), [](const Stranger& one) { return one.calls_ == 0; });
    if (idle == all_.rend()) return false;
    all_.erase(std::next(idle).base());
    return true;
}

bool Strangers::Stranger::is(const route::Authority& authority) const noexcept {
    const std::string_view host = std::string_view{authority_}.substr(0, authority_.rfind(':'));
    return port_ == authority.port && http1::same_name(host, authority.host);
}

// Looks at each of them: there are few, and mostly the one called last is called again.
Strangers::Stranger* Strangers::find(const route::Authority& authority) {
    auto known = std::find_if(all_.begin(), all_.end(), [&](const Stranger& one) { return one.is(authority); });
    std::string name;
    if (known == all_.end()) {
        name = authority.text();   // an IPv6 address may only be written in another way
        known = std::find_if(all_.begin(), all_.end(), [&](const Stranger& one) { return one.authority_ == name; });
    }
    if (known != all_.end()) {
        all_.splice(all_.begin(), all_, known);
    } else {
        if (!make_room()) return nullptr;
        all_.emplace_front(shared_, std::move(name), authority.port, dial_(authority));
    }
    return &all_.front();
}

Task<void> Strangers::answer(Stranger& stranger, Incoming& incoming) {
    struct Call {
        explicit Call(Stranger& called) noexcept : stranger{called} { ++stranger.calls_; }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;
        ~Call() { --stranger.calls_; }
        Stranger& stranger;
    };
    const Call call{stranger};
    if (incoming.head.method == "CONNECT")
        co_await stranger.outbound_.connect(incoming);
    else
        co_await stranger.outbound_.answer(incoming);
}

}   // namespace outrigger::ingress
