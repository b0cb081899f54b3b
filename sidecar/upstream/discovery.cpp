// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/discovery.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace outrigger::upstream {
namespace {

bool holds(const EndpointList& list, const Endpoint& endpoint) noexcept {
    return std::any_of(list.all.begin(), list.all.end(), [&](const auto& one) { return one.get() == &endpoint; });
}

}   // namespace

Discovery::Discovery(Scheduler& scheduler, net::Resolver& resolver, Settings settings, Rng rng, Publish publish,
                     DiscoveryObserver* observer)
    : scheduler_{scheduler},
      resolver_{resolver},
      settings_{std::move(settings)},
      rng_{rng},
      publish_{std::move(publish)},
      observer_{observer} {}

Task<void> Discovery::run(Cancel& stop) {
    if (const std::optional<net::SocketAddress> fixed = net::numeric_address(settings_.host, settings_.port)) {
        follow({*fixed});
        co_return;
    }
    for (Result<void> paused; paused;) {
        const Wait wait{after(scheduler_.now(), settings_.give_up_after), &stop, Reason::dns_failed};
        const Result<net::NameAnswer> answer = co_await resolver_.resolve(settings_.host, wait);
        if (stop.requested()) co_return;
        paused = co_await Pause{scheduler_, take(answer), Wait{.cancel = &stop}};
    }
}

Duration Discovery::take(const Result<net::NameAnswer>& answer) {
    if (!answer) return take_failure(answer.error().detail);
    if (answer->addresses.empty()) return take_none(answer->none);
    return take_addresses(*answer);
}

Duration Discovery::take_addresses(const net::NameAnswer& answer) {
    negatives_ = 0;
    failures_ = 0;
    if (!unresolved_.empty() && observer_) observer_->on(NameResolved{settings_.host});
    unresolved_ = {};
    follow(answer.addresses);
    return lifetime(answer.ttl);
}

Duration Discovery::take_none(std::string_view why) {
    failures_ = 0;
    const bool believed = ++negatives_ >= negatives_believed || !had_endpoints_;
    if (believed) publish_none(why);
    say_unresolved(why);
    return settings_.ttl_negative;
}

Duration Discovery::take_failure(std::string_view why) {
    if (!list_ || list_->all.empty()) publish_none(why);
    say_unresolved(why);
    return resilience::pause(settings_.retry, ++failures_, {}, rng_);
}

void Discovery::say_unresolved(std::string_view why) {
    if (why == unresolved_) return;
    unresolved_ = why;
    if (observer_) observer_->on(NameUnresolved{settings_.host, why, list_ && !list_->all.empty()});
}

Duration Discovery::lifetime(Duration ttl) const noexcept {
    if (ttl <= Duration::zero()) ttl = settings_.ttl_unknown;
    return std::clamp(ttl, settings_.ttl_min, settings_.ttl_max);
}

void Discovery::publish_none(std::string_view why) {
    if (list_ && list_->all.empty() && list_->why_none.detail == why) return;
    auto none = std::make_shared<EndpointList>();
    none->why_none = {Reason::dns_failed, why};
    if (list_) tell_changes(*list_, *none);
    publish_(list_ = std::move(none));
}

// Answers come in any order. Of too many addresses those are kept that were kept before: else each answer would be
// another choice, and drop connections to endpoints that are still there.
void Discovery::choose(std::vector<net::SocketAddress>& addresses) const {
    if (addresses.size() <= endpoints_max || !list_) return;
    std::unordered_set<std::string_view> known;
    for (const auto& endpoint : list_->all) known.insert(endpoint->name());
    std::partition(addresses.begin(), addresses.end(), [&](net::SocketAddress address) {
        address.set_port(settings_.port);
        return known.contains(address.text());
    });
}

// The first endpoints have their shares at once, and so have those after a time without any: somebody must do the work.
void Discovery::follow(std::vector<net::SocketAddress> addresses) {
    choose(addresses);
    const EndpointList nothing;
    const EndpointList& before = list_ ? *list_ : nothing;
    const std::optional<Instant> joined =
        before.all.empty() ? std::nullopt : std::optional<Instant>{scheduler_.now()};
    std::unordered_map<std::string_view, std::shared_ptr<Endpoint>> known;   // by name; those that are taken are null
    for (const auto& endpoint : before.all) known.emplace(endpoint->name(), endpoint);
    auto next = std::make_shared<EndpointList>();
    bool changed = !list_;
    for (net::SocketAddress address : addresses) {
        if (next->all.size() == endpoints_max) break;
        address.set_port(settings_.port);
        auto found = known.find(address.text());
        if (found == known.end()) {
            const auto made = std::make_shared<Endpoint>(EndpointId{++last_id_}, address, joined);
            found = known.emplace(made->name(), made).first;
            changed = true;
        }
        if (found->second) next->all.push_back(std::move(found->second));   // else it is said twice
    }
    had_endpoints_ = true;
    if (!changed && next->all.size() == before.all.size()) return;
    tell_changes(before, *next);
    publish_(list_ = std::move(next));
}

void Discovery::tell_changes(const EndpointList& before, const EndpointList& now) const {
    if (!observer_ || (before.all.empty() && now.all.empty())) return;
    EndpointsChanged event{settings_.host, {}, {}, now.all.size()};
    for (const auto& endpoint : now.all)
        if (!holds(before, *endpoint)) event.joined.push_back(endpoint->name());
    for (const auto& endpoint : before.all)
        if (!holds(now, *endpoint)) event.left.push_back(endpoint->name());
    observer_->on(event);
}

}   // namespace outrigger::upstream
