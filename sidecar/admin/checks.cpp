// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/checks.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include <outrigger/health/drivers.hpp>
#include <outrigger/health/indicators.hpp>

namespace outrigger::admin {
namespace {

std::string page_url(config::HttpUrl url) {
    if (!url.path.starts_with('/')) url.path.insert(0, "/metrics");
    return url.to_text();
}

// The indicator of each kind of check.
struct Make {
    const config::AppUrl& app;
    const std::optional<config::HttpUrl>& page;   // the app's own metrics
    const config::Check& check;
    const std::shared_ptr<health::Heartbeat>& heartbeat;

    health::Indicator operator()(const config::TcpCheck& kind) const {
        return health::tcp(kind.tcp.host, kind.tcp.port);
    }
    health::Indicator operator()(const config::HttpCheck& kind) const {
        return health::http(kind.http.to_text(), {kind.status, kind.contains, check.ca});
    }
    health::Indicator operator()(const config::RedisCheck& kind) const {
        return health::redis(kind.redis.to_text(), {check.ca});
    }
    health::Indicator operator()(const config::PostgresCheck& kind) const {
        return health::postgres(kind.postgres.text);
    }
    health::Indicator operator()(const config::UpstreamCheck&) const { return {}; }   // nothing is run: see UpstreamCheck
    health::Indicator operator()(const config::DiskCheck& kind) const {
        health::DiskSettings settings{.free_inodes = kind.free_inodes};
        if (const auto* share = std::get_if<Ratio>(&kind.free))
            settings.free = *share;
        else
            settings.free_bytes = std::get<Bytes>(kind.free);
        return health::disk(kind.disk, settings);
    }
    health::Indicator operator()(const config::MemoryCheck& kind) const {
        switch (kind.of) {
            case config::MemoryOf::app:
                if (!page) return health::memory_of_listener(kind.rss, app.port);
                return health::memory_on_page(kind.rss, page_url(*page));
            case config::MemoryOf::cgroup: return health::memory(kind.rss, health::MemoryOf::cgroup);
            case config::MemoryOf::self: break;
        }
        return health::memory(kind.rss, health::MemoryOf::self);
    }
    health::Indicator operator()(const config::DnsCheck& kind) const { return health::dns(kind.dns.name); }
    health::Indicator operator()(const config::FileCheck& kind) const {
        return health::file_age(kind.file, kind.max_age);
    }
    health::Indicator operator()(const config::CommandCheck& kind) const {
        return health::command(kind.command);
    }
    health::Indicator operator()(const config::HeartbeatCheck& kind) const {
        return health::heartbeat(heartbeat, kind.heartbeat);
    }
    health::Indicator operator()(const config::CertificateCheck& kind) const {
        return health::certificate(kind.certificate.host, kind.certificate.port, kind.valid_for);
    }
};

// What the upstream check looks at; empty: it is another one.
std::string upstream_of(const config::Check& check) {
    const auto* kind = std::get_if<config::UpstreamCheck>(&check.kind);
    return kind ? kind->upstream : "";
}

health::CheckSettings settings_of(const config::Check& check) {
    // A circuit opens after many calls, and one report tells of it: there is nothing left to be damped.
    const bool told_once = std::holds_alternative<config::UpstreamCheck>(check.kind);
    health::CheckSettings settings{.optional = check.optional,
                                   .damping = {told_once ? 1 : check.fail_after, told_once ? 1 : check.recover_after},
                                   .every = check.every,
                                   .timeout = check.timeout};
    if (check.group.name == "startup") {
        settings.group = health::Group::startup;
    } else if (check.group.name != "ready") {
        settings.group = health::Group::own;
        settings.page = check.group.name;
    }
    return settings;
}

// Liveness shows the sidecar's own threads beside the checks: "worker0".
bool is_of_a_worker(std::string_view name) {
    constexpr std::string_view worker = "worker";
    return name.starts_with(worker) && name.size() > worker.size() &&
           name.find_first_not_of("0123456789", worker.size()) == std::string_view::npos;
}

// 2026-01-31T12:00:00.000Z
std::string timestamp(WallTime at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::milliseconds>(at - day)};
    std::array<char, 40> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
                      unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
                      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                      static_cast<int>(time.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

nlohmann::ordered_json json_of(const health::Standing& standing) {
    nlohmann::ordered_json json{{"check", standing.key}, {"status", health::to_string(standing.status)}};
    if (!standing.outcome.message.empty()) json["message"] = standing.outcome.message;
    if (standing.took) json["seconds"] = std::chrono::duration<double>{*standing.took}.count();
    return json;
}

}   // namespace

Checks planned_checks(const config::Settings& settings, Instant now) {
    Checks planned;
    const config::AppUrl& app = settings.inbound.app;
    if (!settings.health.ready.find("app"))
        planned.checks.push_back(
            {"app", app.scheme == "unix" ? health::unix_socket(app.path) : health::tcp(app.host, app.port),
             settings_of({}),
             ""});
    for (const auto& [name, check] : settings.health.ready) {
        std::shared_ptr<health::Heartbeat> heartbeat;
        if (std::holds_alternative<config::HeartbeatCheck>(check.kind))
            heartbeat = planned.heartbeats[name] = std::make_shared<health::Heartbeat>(now);
        try {
            if (is_of_a_worker(name))
                throw std::invalid_argument("the sidecar's own threads are called so; choose another name");
            planned.checks.push_back(
                {name, std::visit(Make{app, settings.metrics.app, check, heartbeat}, check.kind),
                 settings_of(check), upstream_of(check)});
        } catch (const std::invalid_argument& refused) {
            throw std::invalid_argument("health.ready." + name + ": " + refused.what());
        }
    }
    return planned;
}

std::string history_json(const health::Registry& registry) {
    nlohmann::ordered_json json{{"checks", nlohmann::ordered_json::array()},
                                {"changes", nlohmann::ordered_json::array()}};
    for (const auto& standing : registry.pages()->checks) json["checks"].push_back(json_of(*standing));
    for (const health::Transition& change : registry.transitions()) {
        nlohmann::ordered_json entry{{"at", timestamp(change.at)},
                                     {"check", change.check},
                                     {"from", health::to_string(change.from)},
                                     {"to", health::to_string(change.to)}};
        if (!change.message.empty()) entry["message"] = change.message;
        json["changes"].push_back(std::move(entry));
    }
    // What a dependency says need not be UTF-8.
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}   // namespace outrigger::admin
