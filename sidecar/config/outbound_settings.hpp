// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <outrigger/core/describe.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/resilience/breaker.hpp>
#include <outrigger/resilience/bulkhead.hpp>
#include <outrigger/resilience/rate_limit.hpp>
#include <outrigger/resilience/retry.hpp>

#include "sidecar/config/address.hpp"
#include "sidecar/config/field_names.hpp"
#include "sidecar/config/route_pattern.hpp"
#include "sidecar/config/url.hpp"

// The app's calls to others. What an upstream does not say comes from outbound.defaults, what a route does
// not say from its upstream; after reading, every struct holds the values in effect.
namespace outrigger::config {

// What a route may say about retries. The budget belongs to the upstream.
struct RouteRetry {
    resilience::Retry policy;

    friend bool operator==(const RouteRetry&, const RouteRetry&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        resilience::Retry::describe_tries(self.policy, field);
    }
};

// Each limit is off until it is written. Their keys stand beside each other; one `shadow` is for both.
struct Limit {
    resilience::Bulkhead slots;
    resilience::RateLimit calls;

    friend bool operator==(const Limit&, const Limit&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        resilience::Bulkhead::describe(self.slots, field);
        resilience::RateLimit::describe_rate(self.calls, field);
    }
};

enum class BalanceMethod : std::uint8_t { round_robin, least_request, ewma };
[[nodiscard]] constexpr auto words_of(BalanceMethod) {
    return std::array<Word<BalanceMethod>, 3>{{{BalanceMethod::round_robin, "round_robin"},
                                               {BalanceMethod::least_request, "least_request"},
                                               {BalanceMethod::ewma, "ewma"}}};
}

struct HashKey {
    HeaderName header;

    friend bool operator==(const HashKey&, const HashKey&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("header", self.header, "Requests with the same value of this header go to the same endpoint.",
              required);
    }
};
struct HashBalance {
    HashKey hash;

    friend bool operator==(const HashBalance&, const HashBalance&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("hash", self.hash, "By consistent hashing.", required);
    }
};
using Balance = std::variant<BalanceMethod, HashBalance>;

struct Outlier {
    std::uint32_t consecutive = 5;
    Duration eject_for = std::chrono::seconds{30};
    Ratio max_ejected = 50_percent;
    Ratio panic = 50_percent;   // Envoy's healthy_panic_threshold
    bool shadow = false;

    friend bool operator==(const Outlier&, const Outlier&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("consecutive", self.consecutive, "Failures in a row that eject an endpoint.", between(1, 1000));
        field("eject_for", self.eject_for, "How long it gets no calls.", between(100ms, 1h));
        field("max_ejected", self.max_ejected,
              "The share of endpoints that may be ejected at once, rounded down: a single one never is.");
        field("panic", self.panic,
              "Where more than this share of endpoints are ejected, all get calls, for the failures are likely not theirs; "
              "100%: never.");
        field("shadow", self.shadow, "Decide and count, but never act.");
    }
};

// What upstreams share: outbound.defaults, and the keys of the same names in each upstream.
struct Policies {
    Duration timeout = std::chrono::seconds{15};
    Duration connect_timeout = std::chrono::seconds{5};   // Envoy's default
    resilience::Retry retry;
    resilience::Breaker breaker;
    std::optional<Limit> limit;
    Balance balance = BalanceMethod::least_request;
    Duration slow_start = std::chrono::seconds{10};
    Outlier outlier;

    friend bool operator==(const Policies&, const Policies&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("timeout", self.timeout,
              "The time of one call, retries and pauses included, until the reply's head.", between(1ms, 1h));
        field("connect_timeout", self.connect_timeout,
              "The time until a connection to an endpoint stands, as a part of the timeout.", between(1ms, 1h));
        field("retry", self.retry, "Trying again what may be tried again.",
              starting_as([&self] { return self.retry.within(self.timeout); }));
        field("breaker", self.breaker, "Giving a failing upstream a rest.");
        field("limit", self.limit, "How many calls the upstream gets.");
        field("balance", self.balance, "How an endpoint is picked.",
              not_built("only round_robin, least_request and ewma work in this version",
                        [](const Balance& balance) { return std::holds_alternative<HashBalance>(balance); }));
        field("slow_start", self.slow_start,
              "Over which an endpoint that is new or comes back gets its share of the calls little by little; 0s: at once.",
              between(0s, 1h));
        field("outlier", self.outlier, "Leaving out an endpoint that keeps failing.");
    }
};

// The first route that matches a call overrides what it names.
struct UpstreamRoute {
    RouteMatch match;
    bool idempotent = false;
    Duration timeout = std::chrono::seconds{15};
    RouteRetry retry;

    friend bool operator==(const UpstreamRoute&, const UpstreamRoute&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("match", self.match, "Which calls: a method and a path, or a path.", required);
        field("idempotent", self.idempotent, "These calls may be retried whatever their method.");
        field("timeout", self.timeout, "Instead of the upstream's.", between(1ms, 1h));
        field("retry", self.retry, "Instead of the upstream's.",
              starting_as([&self] { return RouteRetry{self.retry.policy.within(self.timeout)}; }));
    }
};

struct Upstream {
    std::optional<Address> listen;
    HttpUrl target;
    Policies policies;   // its keys stand beside ours
    std::vector<UpstreamRoute> routes;

    friend bool operator==(const Upstream&, const Upstream&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("listen", self.listen,
              "The local port on which the app calls it; unset: only through outbound.proxy.");
        field("target", self.target,
              "Where it is. The name is resolved again and again; all its addresses are endpoints. A path is "
              "a prefix.",
              required,
              not_built("only http:// to upstreams, without a user, works in this version, and https:// without "
                        "`listen`, as a tunnel through outbound.proxy",
                        [&self](const HttpUrl& target) {
                            return (target.scheme != "http" && self.listen) || !target.userinfo.empty();
                        }));
        Policies::describe(self.policies, field);
        field("routes", self.routes,
              "Calls that need something else; the first match overrides what it names.",
              starting_as([&self] {
                  return UpstreamRoute{.timeout = self.policies.timeout, .retry = {self.policies.retry}};
              }));
    }
};

enum class UnknownHost : std::uint8_t { refuse, pass };
[[nodiscard]] constexpr auto words_of(UnknownHost) {
    return std::array<Word<UnknownHost>, 2>{{{UnknownHost::refuse, "refuse"}, {UnknownHost::pass, "pass"}}};
}

struct ForwardProxy {
    Address listen{"127.0.0.1", 9003};
    UnknownHost unknown = UnknownHost::refuse;

    friend bool operator==(const ForwardProxy&, const ForwardProxy&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("listen", self.listen, "The local port that HTTP_PROXY names.");
        field("unknown", self.unknown,
              "Calls to hosts that are no upstream are refused, or pass: with the timeout of outbound.defaults "
              "and no other policy, and only where `listen` is a loopback address.");
    }
};

struct Outbound {
    Policies defaults;
    std::optional<ForwardProxy> proxy;
    NamedMap<Upstream> upstreams;

    friend bool operator==(const Outbound&, const Outbound&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("defaults", self.defaults, "What all upstreams share.");
        field("proxy", self.proxy, "An HTTP forward proxy; off unless written.");
        field(
            entries, self.upstreams, "An upstream: any name but `defaults` and `proxy`.",
            starting_as([&self] { return Upstream{.listen = {}, .target = {}, .policies = self.defaults}; }));
    }
};

}   // namespace outrigger::config
