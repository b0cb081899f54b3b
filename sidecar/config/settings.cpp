// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/settings.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <outrigger/logging/shipping/destination.hpp>
#include <outrigger/logging/shipping/sqlite_spool.hpp>

#include "sidecar/config/nearest.hpp"

namespace outrigger::config {
namespace {

// "found 30s, expected at most drain.timeout (25s)"
template <class T>
std::string above(const T& found, std::string_view bound_name, const T& bound) {
    return "found " + TextFormat<T>::print(found) + ", expected at most " + std::string{bound_name} + " (" +
           TextFormat<T>::print(bound) + ')';
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Would a connection to it arrive at this listener of ours?
bool reaches(const Url& target, const Address& listen) {
    if (target.scheme == "unix" || target.port != listen.port) return false;
    return target.host == listen.host ||
           (is_loopback(target.host) && (is_wildcard(listen.host) || is_loopback(listen.host)));
}

struct Listener {
    std::string key;
    const Address* address;
};

std::vector<Listener> listeners(const Settings& settings) {
    std::vector<Listener> all{{"admin.listen", &settings.admin.listen},
                              {"inbound.listen", &settings.inbound.listen}};
    if (settings.outbound.proxy) all.push_back({"outbound.proxy.listen", &settings.outbound.proxy->listen});
    for (const auto& [name, upstream] : settings.outbound.upstreams)
        if (upstream.listen) all.push_back({"outbound." + name + ".listen", &*upstream.listen});
    if (const auto& intake = settings.logs.intake) {
        if (intake->listen) all.push_back({"logs.intake.listen", &*intake->listen});
        if (intake->tcp) all.push_back({"logs.intake.tcp", &*intake->tcp});
    }
    return all;
}

// The listeners of one port so far.
struct Port {
    const Listener* first = nullptr;
    const Listener* wildcard = nullptr;
    std::unordered_map<std::string, const Listener*> by_host;

    // One that collides with this listener, or nullptr.
    [[nodiscard]] const Listener* rival(const Listener& listener) const {
        const auto same = by_host.find(listener.address->host);
        for (const Listener* other : {wildcard, first, same == by_host.end() ? nullptr : same->second})
            if (other && collide(*other->address, *listener.address)) return other;
        return nullptr;
    }
    void add(const Listener& listener) {
        if (!first) first = &listener;
        if (!wildcard && is_wildcard(listener.address->host)) wildcard = &listener;
        by_host.emplace(listener.address->host, &listener);
    }
};

void find_collisions(const Settings& settings, Contradictions& found) {
    std::unordered_map<std::uint16_t, Port> ports;
    const std::vector<Listener> all = listeners(settings);
    for (const Listener& listener : all) {
        Port& port = ports[listener.address->port];
        if (const Listener* rival = port.rival(listener))
            found.push_back({listener.key,
                             "found " + listener.address->to_text() + ", expected a port that is free: " +
                                 rival->key + " has " + rival->address->to_text(),
                             rival->key});
        port.add(listener);
    }
}

void find_loop(const Settings& settings, Contradictions& found) {
    for (const auto& [key, listen] : {std::pair{"inbound.listen", &settings.inbound.listen},
                                      std::pair{"admin.listen", &settings.admin.listen}})
        if (reaches(settings.inbound.app, *listen))
            found.push_back({"inbound.app",
                             "found " + settings.inbound.app.to_text() + ", expected the app's own port: " +
                                 key + " is " + listen->to_text() + ", so the sidecar would call itself",
                             key});
}

void find_upstream_loops(const Settings& settings, Contradictions& found) {
    const auto check = [&found](const std::string& name, const Upstream& upstream, const std::string& key,
                                const Address& listen) {
        if (reaches(upstream.target, listen))
            found.push_back({"outbound." + name + ".target",
                             "found " + upstream.target.redacted() + ", expected another port: " + key + " is " +
                                 listen.to_text() + ", so the sidecar would call itself",
                             key});
    };
    for (const auto& [name, upstream] : settings.outbound.upstreams) {
        if (upstream.listen) check(name, upstream, "outbound." + name + ".listen", *upstream.listen);
        if (settings.outbound.proxy) check(name, upstream, "outbound.proxy.listen", settings.outbound.proxy->listen);
    }
}

// What the forward proxy goes by: two targets that mean the same have the same.
std::string meant_by(const HttpUrl& target) {
    std::string text = bracketed(target.host) + ':' + std::to_string(target.port);
    for (char& letter : text)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    text += target.path;
    while (text.ends_with('/')) text.pop_back();
    return text;
}

void find_own_page(const Settings& settings, Contradictions& found) {
    if (!settings.metrics.app || !reaches(*settings.metrics.app, settings.admin.listen)) return;
    found.push_back({"metrics.app",
                     "found " + settings.metrics.app->redacted() + ", expected the app's own page: admin.listen is " +
                         settings.admin.listen.to_text() + ", so the sidecar would scrape itself",
                     "admin.listen"});
}

void find_long_socket_path(const Settings& settings, Contradictions& found) {
    constexpr std::size_t path_max = 107;   // what fits into a socket's address (unix(7))
    const AppUrl& app = settings.inbound.app;
    if (app.scheme == "unix" && app.path.size() > path_max)
        found.push_back({"inbound.app",
                         "found a socket path of " + std::to_string(app.path.size()) + " bytes, expected at most " +
                             std::to_string(path_max),
                         ""});
}

void find_memory_of_no_port(const Settings& settings, Contradictions& found) {
    if (settings.inbound.app.scheme != "unix" || settings.metrics.app) return;
    for (const auto& [name, check] : settings.health.ready) {
        const auto* kind = std::get_if<MemoryCheck>(&check.kind);
        if (kind && kind->of == MemoryOf::app)
            found.push_back({"health.ready." + name + ".of",
                             "found app, expected cgroup or self, or metrics.app: an app behind a unix socket has no port to "
                             "find it by",
                             "inbound.app"});
    }
}

void find_unknown_upstreams(const Settings& settings, Contradictions& found) {
    std::vector<std::string_view> names;
    for (const auto& upstream : settings.outbound.upstreams) names.push_back(upstream.name);
    for (const auto& [name, check] : settings.health.ready) {
        const auto* kind = std::get_if<UpstreamCheck>(&check.kind);
        if (!kind || std::find(names.begin(), names.end(), kind->upstream) != names.end()) continue;
        const std::string_view near = nearest(kind->upstream, names);
        found.push_back({"health.ready." + name + ".upstream",
                         "found '" + kind->upstream + "', expected the name of an upstream in outbound" +
                             (near.empty() ? "" : ", did you mean " + std::string{near} + '?'),
                         "outbound." + kind->upstream});
    }
}

}   // namespace

Contradictions Drain::contradictions() const {
    if (delay <= timeout) return {};
    return {{"delay", above(delay, "drain.timeout", timeout), "timeout"}};
}

Contradictions Replay::contradictions() const {
    if (request <= total) return {};
    return {{"request", above(request, "replay.total", total), "total"}};
}

Contradictions ResourceLimits::contradictions() const {
    if (uri_bytes <= header_bytes) return {};
    return {{"uri_bytes", above(uri_bytes, "limits.header_bytes", header_bytes), "header_bytes"}};
}

Contradictions Limit::contradictions() const {
    if (slots.concurrent || calls.rate) return calls.contradictions();
    return {{"", "found neither concurrent nor rate, expected at least one of them", ""}};
}

Contradictions Policies::contradictions() const {
    const auto& one = retry.per_try_timeout;
    if (!one || *one <= timeout) return {};
    return {{"retry.per_try_timeout", above(*one, "timeout", timeout), "timeout"}};
}

Contradictions Upstream::contradictions() const {
    Contradictions found = policies.contradictions();
    if (target.path.find('?') != std::string::npos)
        found.push_back({"target", "found " + target.redacted() + ", expected no query: each call brings its own", ""});
    return found;
}

Contradictions UpstreamRoute::contradictions() const {
    const auto& one = retry.policy.per_try_timeout;
    if (!one || *one <= timeout) return {};
    return {{"retry.per_try_timeout", above(*one, "timeout", timeout), "timeout"}};
}

Contradictions Intake::contradictions() const {
    if (listen || tcp) return {};
    return {{"", "found neither listen nor tcp, expected at least one of them", ""}};
}

// What the shipper would say at the start; of beats:// it is said elsewhere that it is not built.
std::string Ship::fault_of_destination() const {
    std::string fault;
    ShipUrl asked = to;
    asked.path = redact_query(to.path);   // the fault may show it
    if (!to.scheme.starts_with("beats")) (void)logging::parse_destination(asked.to_text(), fault);
    return fault;
}

Contradictions Ship::contradictions() const {
    const std::string& scheme = to.scheme;
    Contradictions found;
    if (std::string fault = fault_of_destination(); !fault.empty()) found.push_back({"to", std::move(fault), {}});
    if (!how.ca.empty() && scheme != "logstash+https" && scheme != "logstash+tls" && scheme != "elasticsearch+https")
        found.push_back({"ca", "found '" + how.ca + "', expected it only beside a destination with TLS", "to"});
    if (!how.spool.dir.empty() && how.spool.max < logging::SqliteSpool::max_at_least)
        found.push_back({"spool.max",
                         "found " + to_string(how.spool.max) + ", expected at least " +
                             to_string(logging::SqliteSpool::max_at_least) + " in a directory",
                         "spool.dir"});
    return found;
}

// What passes comes from this machine, whoever asked for it: from elsewhere it would reach what trusts the machine.
Contradictions ForwardProxy::contradictions() const {
    if (unknown == UnknownHost::refuse || is_loopback(listen.host)) return {};
    return {{"unknown",
             "found pass, expected refuse, or a loopback address for listen (" + listen.to_text() +
                 "): whoever reaches that port could call all that trusts this machine, such as the admin pages",
             "listen"}};
}

Contradictions Outbound::contradictions() const {
    Contradictions found;
    std::unordered_map<std::string, std::string_view> by_target;
    for (const auto& [name, upstream] : upstreams) {
        const auto [same, is_first] = by_target.emplace(meant_by(upstream.target), name);
        if (proxy && !is_first)
            found.push_back({name + ".target",
                             "found " + upstream.target.redacted() +
                                 ", expected another host, port or path: outbound." + std::string{same->second} +
                                 " has it too, and outbound.proxy could not tell whose calls are meant",
                             std::string{same->second} + ".target"});
        if (!proxy && !upstream.listen)
            found.push_back(
                {name, "found neither listen here nor outbound.proxy, expected a way for the app to call it",
                 name + ".listen"});
    }
    return found;
}

Contradictions Check::contradictions() const {
    Contradictions found;
    if (timeout > every) found.push_back({"timeout", above(timeout, "every", every), "every"});
    if (!ca.empty() && !std::holds_alternative<HttpCheck>(kind) && !std::holds_alternative<RedisCheck>(kind))
        found.push_back({"ca", "found '" + ca + "', expected it only beside http or redis", ""});
    if (const auto* command = std::get_if<CommandCheck>(&kind); command && (command->command.empty() || command->command.front().empty()))
        found.push_back({"command", "found no program, expected one and its arguments", ""});
    if (const auto* disk = std::get_if<DiskCheck>(&kind)) {
        const auto* share = std::get_if<Ratio>(&disk->free);
        const auto makes_sense = [](Ratio ratio) { return ratio > 0_percent && ratio < 100_percent; };
        if (share ? !makes_sense(*share) : std::get<Bytes>(disk->free) == 0_B)
            found.push_back({"free", "found nothing or everything, expected a part such as 10% or 5GiB", ""});
        if (disk->free_inodes && !makes_sense(*disk->free_inodes))
            found.push_back({"free_inodes", "found nothing or everything, expected a part such as 5%", ""});
    }
    return found;
}

Contradictions Settings::contradictions() const {
    Contradictions found;
    find_collisions(*this, found);
    find_loop(*this, found);
    find_upstream_loops(*this, found);
    find_own_page(*this, found);
    find_long_socket_path(*this, found);
    find_memory_of_no_port(*this, found);
    find_unknown_upstreams(*this, found);
    return found;
}

}   // namespace outrigger::config
