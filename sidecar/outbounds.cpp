// SPDX-License-Identifier: Apache-2.0
#include "sidecar/outbounds.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include <outrigger/core/units_text.hpp>
#include <outrigger/metrics/source.hpp>
#include <outrigger/middleware/circuit_view.hpp>
#include <outrigger/middleware/limit_metrics.hpp>

#include "sidecar/config/url.hpp"
#include "sidecar/listening.hpp"
#include "sidecar/sidecar.hpp"

namespace outrigger::sidecar {
namespace {

using logging::Level;

upstream::Upstream::Settings upstream_settings(const std::string& name, const config::Policies& policies) {
    return {.balance = std::get<config::BalanceMethod>(policies.balance),   // hashing is refused at start
            .outlier = policies.outlier,
            .breaker = policies.breaker,
            .connect_timeout = policies.connect_timeout,
            .slow_start = policies.slow_start,
            .setting = "outbound." + name};
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
          tls{from.target.scheme == "https"},
          shared{name, upstream_settings(name, from.policies), &watched, &names},
          policies{policy_settings(name, from.policies, shared.breaker()), &observer},
          sockets{from.listen ? listening_sockets(*from.listen, workers, "outbound." + name + ".listen")
                              : std::vector<net::Fd>{}},
          address{sockets.empty() ? "" : net::local_address(sockets.front().number()).text()} {
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
    const bool tls;
    upstream::Upstream shared;
    proxy::UpstreamPolicies policies;
    ingress::OutboundSettings calls;
    std::vector<net::Fd> sockets;   // none: it has no port of its own
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

// What all workers share of the forward proxy. Its own answers, and the calls to hosts that are no upstream, are an
// upstream's in metrics and logs: `proxy`, a name that no upstream can have.
class Outbounds::Proxy {
public:
    Proxy(const config::ForwardProxy& from, const config::Settings& all, std::size_t workers, Outbounds& owner)
        : shared{.upstreams = route::Destinations{known(owner.all_)},
                 .names = {},
                 .passes_unknown = from.unknown == config::UnknownHost::pass,
                 .others = calls_to_others(all, workers),
                 .observer = &owner.telemetry_.observer(name)},
          sockets{listening_sockets(from.listen, workers, "outbound.proxy.listen")},
          address{net::local_address(sockets.front().number()).text()} {
        for (const One& one : owner.all_) shared.names.push_back(one.shared.name());
        while (recorders.size() < workers) recorders.push_back(owner.instruments_.recorder(name));
    }

    ingress::ForwardProxySettings shared;
    std::vector<net::Fd> sockets;   // as many as are to be given to workers yet
    const std::string address;
    std::deque<metrics::HttpClientRecorder> recorders;

private:
    static inline const std::string name = "proxy";

    static std::vector<route::Destinations::Known> known(const std::deque<One>& upstreams) {
        std::vector<route::Destinations::Known> all;
        for (const One& one : upstreams) all.push_back({config::bracketed(one.host), one.port, one.prefix, one.tls});
        return all;
    }
    static ingress::OutboundSettings calls_to_others(const config::Settings& all, std::size_t workers) {
        const proxy::CallPolicies policies{
            .name = name, .setting = "outbound.proxy", .call_setting = "outbound.defaults"};
        return {.name = name,
                .limits = {all.outbound.defaults.timeout, all.limits.idle, all.limits.body_bytes, policies},
                .routes = {},
                .stream_idle = all.limits.stream_idle,
                .replay_request = all.limits.replay.request,
                .replay_total = Bytes{all.limits.replay.total.count() / workers / ingress::Strangers::most}};
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
        metrics::MetricFamily circuits = middleware::circuit_state_family();
        for (One& one : all_) {
            const std::string& name = one.shared.name();
            if (resilience::CircuitBreaker* const breaker = one.shared.breaker())
                middleware::append_circuit_state(name, breaker->report(clock_.now()).state, circuits);
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
    std::deque<One>& all_;   // a breaker's report may change its state
    const Clock& clock_;
};

Outbounds::Outbounds(const config::Settings& settings, std::size_t workers, metrics::Registry& registry,
                     const middleware::OperationalLog& log, const Clock& clock)
    : instruments_({.series_max = settings.metrics.series}),
      telemetry_(registry_, log, clock),
      log_(log),
      clock_{clock} {
    for (const auto& [name, upstream] : settings.outbound.upstreams) {
        One& one = all_.emplace_back(name, upstream, settings, workers, *this);
        if (resilience::ConcurrencyLimiter* slots = one.policies.slots())
            registry.absorb(middleware::limit_metrics(*slots, "outbound." + name));
        if (const resilience::RateLimiter* rate = one.calls.limits.policies.rate)
            registry.absorb(middleware::limit_metrics(*rate, "outbound." + name));
    }
    if (settings.outbound.proxy) proxy_ = std::make_unique<Proxy>(*settings.outbound.proxy, settings, workers, *this);
    if (all_.empty() && !proxy_) return;
    registry_.absorb(instruments_.source());
    registry_.absorb(std::make_shared<const Endpoints>(all_, clock_));
    registry.absorb(registry_.source());
}

Outbounds::~Outbounds() = default;

std::size_t Outbounds::size() const noexcept { return all_.size(); }

WorkerOutbound Outbounds::for_worker() {
    const auto take = [](std::vector<net::Fd>& sockets) {
        net::Fd taken = std::move(sockets.back());
        sockets.pop_back();
        return taken;
    };
    WorkerOutbound parts;
    for (One& one : all_) {
        metrics::HttpClientRecorder& recorder = one.recorders[one.given++];
        WorkerUpstream& part = parts.upstreams.emplace_back(WorkerUpstream{one.shared, one.calls, recorder, {}});
        if (!one.sockets.empty()) part.listening = take(one.sockets);
    }
    if (proxy_) {
        metrics::HttpClientRecorder& recorder = proxy_->recorders[proxy_->sockets.size() - 1];
        parts.proxy.emplace(WorkerProxy{proxy_->shared, recorder, take(proxy_->sockets)});
    }
    return parts;
}

void Outbounds::discover(net::Loop& loop, net::Resolver* names, TaskGroup& tasks, Cancel& stop, const Publish& publish) {
    if (!names) names = &resolver_.emplace(loop);
    for (std::size_t i = 0; i < all_.size(); ++i) {
        One& one = all_[i];
        upstream::Discovery& discovery = discoveries_.emplace_back(
            loop.scheduler(), *names, upstream::Discovery::Settings{.host = one.host, .port = one.port},
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
    for (const One& one : all_)
        if (!one.address.empty()) text += (text.empty() ? "" : ", ") + one.shared.name() + " at " + one.address;
    if (!proxy_) return text;
    text += (text.empty() ? "" : ", ") + ("all by their URLs through the proxy at " + proxy_->address);
    if (proxy_->shared.passes_unknown) text += ", which lets other hosts pass";
    return text;
}

std::string Outbounds::address(std::string_view upstream) const {
    for (const One& one : all_)
        if (one.shared.name() == upstream) return one.address;
    return {};
}

std::vector<upstream::Summary> Outbounds::summaries(Instant now) const {
    std::vector<upstream::Summary> all = upstream::summarize(registry_.collect());
    for (upstream::Summary& summary : all)
        for (const One& one : all_)
            if (auto* breaker = const_cast<One&>(one).shared.breaker(); breaker && one.shared.name() == summary.name)
                summary.shadow = breaker->report(now).shadow;
    return all;
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
        Json entry{{"upstream", one.shared.name()}};
        if (!one.address.empty()) entry["listen"] = one.address;
        entry["target"] = one.authority + one.prefix;
        if (breaker) {
            const resilience::CircuitReport report = breaker->report(now);
            entry["circuit"] = {{"state", to_string(report.state)}, {"explained", explain(report)}};
        }
        if (const auto* budget = const_cast<One&>(one).policies.budget())
            entry["retry_budget"] = {{"available", budget->available(now)}, {"refused", budget->refused()}};
        entry["endpoints"] = std::move(endpoints);
        all.push_back(std::move(entry));
    }
    Json page{{"upstreams", std::move(all)}};
    if (proxy_)
        page["proxy"] = {{"listen", proxy_->address}, {"unknown", proxy_->shared.passes_unknown ? "pass" : "refuse"}};
    return page.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace outrigger::sidecar
