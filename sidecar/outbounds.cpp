// SPDX-License-Identifier: Apache-2.0
#include "sidecar/outbounds.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include <outrigger/core/units_text.hpp>
#include <outrigger/metrics/source.hpp>
#include <outrigger/middleware/limit_metrics.hpp>

#include "sidecar/config/url.hpp"
#include "sidecar/listening.hpp"
#include "sidecar/sidecar.hpp"

namespace outrigger::sidecar {
namespace {

using logging::Level;

upstream::Upstream::Settings upstream_settings(const config::Policies& policies) {
    return {.balance = std::get<config::BalanceMethod>(policies.balance),   // hashing is refused at start
            .outlier = policies.outlier,
            .breaker = policies.breaker};
}

proxy::UpstreamPolicies::Settings policy_settings(const std::string& name, const config::Policies& policies,
                                                  resilience::CircuitBreaker* breaker) {
    proxy::UpstreamPolicies::Settings settings{.name = name, .setting = "outbound." + name};
    set_limits(policies.limit, settings);
    settings.breaker = breaker;
    settings.budget = policies.retry.budget;
    return settings;
}

// "/v2/" before "/users" is "/v2/users".
std::string prefix_of(const config::HttpUrl& target) {
    std::string path = target.path;
    while (path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

void set_limits(const std::optional<config::Limit>& limit, proxy::UpstreamPolicies::Settings& policies) {
    if (!limit) return;
    if (limit->slots.concurrent) policies.slots = limit->slots;
    if (!limit->calls.rate) return;
    policies.rate = limit->calls;
    policies.rate->shadow = limit->slots.shadow;
}

// Tells those who watch an upstream that it has changed, besides whoever is told what has. Any thread.
class Outbounds::Watched final : public resilience::CircuitObserver {
public:
    explicit Watched(resilience::CircuitObserver& next) : next_{next} {}
    void on(const resilience::CircuitEvent& event) noexcept override {
        next_.on(event);
        tell();
    }
    void tell() const noexcept {
        for (const std::function<void()>& watcher : watchers) watcher();
    }
    std::vector<std::function<void()>> watchers;   // before workers start

private:
    resilience::CircuitObserver& next_;
};

// What is to be told of an upstream's endpoints, in the log.
class Outbounds::Names final : public upstream::DiscoveryObserver, public upstream::EndpointObserver {
public:
    Names(std::string upstream, const middleware::OperationalLog& log, const Clock& clock, const Watched& watched)
        : upstream_{std::move(upstream)}, log_{log}, clock_{clock}, watched_{watched} {}

    void on(const upstream::EndpointsChanged& event) noexcept override {
        std::string text = "the endpoints of " + upstream_ + " changed: " + std::to_string(event.count) + " now";
        for (const std::string_view name : event.joined) text.append(", +").append(name);
        for (const std::string_view name : event.left) text.append(", -").append(name);
        say(Level::info, text);
    }
    void on(const upstream::NameUnresolved& event) noexcept override {
        std::string text = "the name " + std::string{event.host} + " of " + upstream_ + " cannot be resolved: ";
        text.append(event.why).append(event.kept ? "; the last good answer is kept" : "");
        say(Level::warn, text);
    }
    void on(const upstream::NameResolved& event) noexcept override {
        say(Level::info, "the name " + std::string{event.host} + " of " + upstream_ + " is resolved again");
    }
    void on(const upstream::EndpointEjected& event) noexcept override {
        std::string text = "the endpoint " + std::string{event.endpoint} + " of " + upstream_;
        text += event.shadow ? " would be ejected" : " is ejected";
        text += " for " + to_string(event.length) + ": " + std::to_string(event.failures) + " failures in a row";
        say(Level::warn, text);
        watched_.tell();
    }

private:
    void say(Level level, std::string_view sentence) const noexcept { log_.say(level, sentence, clock_.wall()); }

    const std::string upstream_;
    const middleware::OperationalLog& log_;
    const Clock& clock_;
    const Watched& watched_;
};

class Outbounds::One {
public:
    One(const std::string& name, const config::Upstream& from, const config::Settings& settings, std::size_t workers,
        Outbounds& owner)
        : observer{owner.telemetry_.observer(name)},
          watched{observer},
          names{name, owner.log_, owner.clock_, watched},
          authority{from.target.authority()},
          prefix{prefix_of(from.target)},
          host{from.target.host},
          port{from.target.port},
          shared{name, upstream_settings(from.policies), &watched, &names},
          policies{policy_settings(name, from.policies, shared.breaker()), &observer},
          sockets{listening_sockets(*from.listen, workers, "outbound." + name + ".listen")},
          address{net::local_address(sockets.front().number()).text()} {
        const config::ResourceLimits& limits = settings.limits;
        calls.name = name;
        calls.stream_idle = limits.stream_idle;
        calls.replay_request = limits.replay.request;
        calls.replay_total = Bytes{limits.replay.total.count() / workers};
        calls.limits = limits_of("outbound." + name, from.policies.timeout, from.policies.retry, false, limits);
        for (std::size_t i = 0; i < from.routes.size(); ++i) {
            const config::UpstreamRoute& route = from.routes[i];
            const std::string setting = "outbound." + name + ".routes[" + std::to_string(i) + ']';
            calls.routes.push_back({route.match.method, route.match.path.text,
                                    route::Table{std::vector<std::string>{route.match.path.text}},
                                    limits_of(setting, route.timeout, route.retry.policy, route.idempotent, limits)});
        }
        for (std::size_t i = 0; i < workers; ++i) recorders.push_back(owner.instruments_.recorder(name));
    }

    middleware::PolicyObserver& observer;
    Watched watched;
    Names names;
    const std::string authority;
    const std::string prefix;
    const proxy::Target target{authority, prefix};
    const std::string host;
    const std::uint16_t port;
    upstream::Upstream shared;
    proxy::UpstreamPolicies policies;
    ingress::OutboundSettings calls;
    std::vector<net::Fd> sockets;
    const std::string address;
    std::deque<metrics::HttpClientRecorder> recorders;
    std::size_t given = 0;   // to workers

private:
    proxy::Limits limits_of(const std::string& setting, Duration timeout, const resilience::Retry& retry,
                            bool idempotent, const config::ResourceLimits& limits) {
        return {.timeout = timeout,
                .idle = limits.idle,
                .body_bytes = limits.body_bytes,
                .policies = policies.for_calls(setting, retry, idempotent),
                .target = &target};
    }
};

//   outrigger_endpoints{upstream,state}            healthy or ejected
//   outrigger_endpoint_ejections_total{upstream}
//   outrigger_circuit_state{upstream,state}        1 for the state that it is in at the scrape, 0 for the others
//   outrigger_panic_calls_total{upstream}          calls that got any endpoint because too many were ejected
class Outbounds::Endpoints final : public metrics::Source {
public:
    Endpoints(std::deque<One>& all, const Clock& clock) : all_{all}, clock_{clock} {}

    void collect(std::vector<metrics::MetricFamily>& into) const override {
        using metrics::MetricType;
        metrics::MetricFamily endpoints{.name = "outrigger_endpoints", .help = "Endpoints that get calls, and that do not.",
                                        .type = MetricType::gauge};
        metrics::MetricFamily ejections{.name = "outrigger_endpoint_ejections_total",
                                        .help = "How often an endpoint was ejected.", .type = MetricType::counter};
        metrics::MetricFamily panics{.name = "outrigger_panic_calls_total",
                                     .help = "Calls that were given any endpoint because too many were ejected.",
                                     .type = MetricType::counter};
        metrics::MetricFamily circuits{.name = "outrigger_circuit_state", .help = "1: the circuit is in this state.",
                                       .type = MetricType::gauge};
        for (One& one : all_) {
            const std::string& name = one.shared.name();
            if (resilience::CircuitBreaker* const breaker = one.shared.breaker())
                show_circuit(name, breaker->report(clock_.now()).state, circuits);
            double ejected = 0;
            double healthy = 0;
            for (const upstream::EndpointReport& endpoint : one.shared.report(clock_.now()))
                ++(endpoint.ejected ? ejected : healthy);
            endpoints.numbers.push_back({.labels = {{"upstream", name}, {"state", "healthy"}}, .value = healthy});
            endpoints.numbers.push_back({.labels = {{"upstream", name}, {"state", "ejected"}}, .value = ejected});
            ejections.numbers.push_back(
                {.labels = {{"upstream", name}}, .value = static_cast<double>(one.shared.outlier().ejections())});
            panics.numbers.push_back({.labels = {{"upstream", name}}, .value = static_cast<double>(one.shared.panics())});
        }
        for (metrics::MetricFamily* family : {&endpoints, &ejections, &panics, &circuits}) into.push_back(std::move(*family));
    }

private:
    static void show_circuit(const std::string& upstream, resilience::CircuitState now, metrics::MetricFamily& into) {
        using State = resilience::CircuitState;
        for (const State state : {State::closed, State::recovering, State::open, State::half_open, State::forced_open,
                                  State::forced_closed})
            into.numbers.push_back({.labels = {{"upstream", upstream}, {"state", std::string{to_string(state)}}},
                                    .value = state == now ? 1.0 : 0.0});
    }

    std::deque<One>& all_;   // a breaker's report may change its state
    const Clock& clock_;
};

Outbounds::Outbounds(const config::Settings& settings, std::size_t workers, metrics::Registry& registry,
                     const middleware::OperationalLog& log, const Clock& clock)
    : instruments_({.series_max = settings.metrics.series}),
      telemetry_(registry, log, clock),
      log_(log),
      clock_{clock} {
    for (const auto& [name, upstream] : settings.outbound.upstreams) {
        if (!upstream.listen)
            throw StartError{"outbound." + name + ": has no `listen`; the forward proxy that could reach it is not built yet"};
        One& one = all_.emplace_back(name, upstream, settings, workers, *this);
        if (resilience::ConcurrencyLimiter* slots = one.policies.slots())
            registry.absorb(middleware::limit_metrics(*slots, "outbound." + name));
        if (const resilience::RateLimiter* rate = one.calls.limits.policies.rate)
            registry.absorb(middleware::limit_metrics(*rate, "outbound." + name));
    }
    if (all_.empty()) return;
    registry.absorb(instruments_.source());
    registry.absorb(std::make_shared<const Endpoints>(all_, clock_));
}

Outbounds::~Outbounds() = default;

std::size_t Outbounds::size() const noexcept { return all_.size(); }

std::vector<WorkerUpstream> Outbounds::for_worker() {
    std::vector<WorkerUpstream> parts;
    for (One& one : all_) {
        metrics::HttpClientRecorder& recorder = one.recorders[one.given++];
        parts.push_back({one.shared, one.calls, recorder, std::move(one.sockets.back())});
        one.sockets.pop_back();
    }
    return parts;
}

void Outbounds::discover(net::Loop& loop, TaskGroup& tasks, Cancel& stop, const Publish& publish) {
    resolver_.emplace(loop);
    for (std::size_t i = 0; i < all_.size(); ++i) {
        One& one = all_[i];
        upstream::Discovery& discovery = discoveries_.emplace_back(
            loop.scheduler(), *resolver_, upstream::Discovery::Settings{.host = one.host, .port = one.port},
            Rng::from_system(),
            [&one, i, publish](std::shared_ptr<const upstream::EndpointList> list) {
                one.shared.set_endpoints(list);   // before any worker is given them
                publish(i, list);
                one.watched.tell();
            },
            &one.names);
        tasks.spawn(discovery.run(stop));
    }
}

upstream::Upstream& Outbounds::watch(std::string_view upstream, std::function<void()> changed) {
    for (One& one : all_)
        if (one.shared.name() == upstream) {
            one.watched.watchers.push_back(std::move(changed));
            return one.shared;
        }
    throw StartError{"outbound." + std::string{upstream} + ": there is no such upstream"};
}

std::string Outbounds::addresses() const {
    std::string text;
    for (const One& one : all_) text += (text.empty() ? "" : ", ") + one.shared.name() + " at " + one.address;
    return text;
}

std::string Outbounds::json(Instant now) const {
    using Json = nlohmann::ordered_json;
    const auto seconds = [](Duration length) { return std::chrono::duration<double>{length}.count(); };
    Json all = Json::array();
    for (const One& one : all_) {
        resilience::CircuitBreaker* const breaker = const_cast<One&>(one).shared.breaker();
        Json endpoints = Json::array();
        for (const upstream::EndpointReport& endpoint : one.shared.report(now)) {
            Json entry{{"endpoint", endpoint.name},
                       {"state", endpoint.ejected ? "ejected" : "healthy"},
                       {"calls", endpoint.in_flight},
                       {"failures_in_a_row", endpoint.failures_in_a_row}};
            if (endpoint.ejected) entry["back_in_seconds"] = seconds(endpoint.left);
            if (endpoint.would_be_ejected) entry["would_be_ejected"] = true;
            if (endpoint.latency) entry["latency_seconds"] = seconds(*endpoint.latency);
            endpoints.push_back(std::move(entry));
        }
        Json entry{{"upstream", one.shared.name()}, {"listen", one.address}, {"target", one.authority + one.prefix}};
        if (breaker) {
            const resilience::CircuitReport report = breaker->report(now);
            entry["circuit"] = {{"state", to_string(report.state)}, {"explained", explain(report)}};
        }
        if (const auto* budget = const_cast<One&>(one).policies.budget())
            entry["retry_budget"] = {{"available", budget->available(now)}, {"refused", budget->refused()}};
        entry["endpoints"] = std::move(endpoints);
        all.push_back(std::move(entry));
    }
    return Json{{"upstreams", std::move(all)}}.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace outrigger::sidecar
