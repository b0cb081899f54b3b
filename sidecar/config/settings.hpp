// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <outrigger/core/describe.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/config/address.hpp"
#include "sidecar/config/health_settings.hpp"
#include "sidecar/config/logs_settings.hpp"
#include "sidecar/config/outbound_settings.hpp"
#include "sidecar/config/route_pattern.hpp"
#include "sidecar/config/url.hpp"

// The whole configuration of the sidecar. Every name, default, range and rule is said here and in the three
// headers above, once. Settings are plain values: read once, then shared immutably.
namespace outrigger::config {

enum class Exposure : std::uint8_t { probes, all };
[[nodiscard]] constexpr auto words_of(Exposure) {
    return std::array<Word<Exposure>, 2>{{{Exposure::probes, "probes"}, {Exposure::all, "all"}}};
}

struct Admin {
    Address listen{"0.0.0.0", 9901};
    Exposure expose = Exposure::probes;
    std::string token;   // empty: none

    static constexpr std::string_view short_form = "listen";
    friend bool operator==(const Admin&, const Admin&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("listen", self.listen, "Where probes, metrics and the API answer.", needs_restart);
        field("expose", self.expose,
              "What callers on other hosts may see: the probes and /metrics only, or all pages.",
              needs_restart);
        field("token", self.token, "A bearer token with which other hosts may see all pages; empty: none.",
              secret, needs_restart);
    }
};

struct Inbound {
    Address listen{"0.0.0.0", 8080};
    AppUrl app{{.scheme = "http", .userinfo = {}, .host = "127.0.0.1", .port = 3000, .path = {}}};
    Duration timeout = std::chrono::seconds{60};
    std::vector<RoutePattern> routes;
    std::optional<Limit> limit;

    friend bool operator==(const Inbound&, const Inbound&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("listen", self.listen, "Where others call the app.");
        field("app", self.app, "Where the app itself listens.",
              not_built("only http:// and unix: to the app work in this version",
                        [](const AppUrl& app) { return app.scheme == "https"; }));
        field("timeout", self.timeout,
              "From the request's last byte to the reply's head. Bodies are bounded by limits.idle, tunnels "
              "and event "
              "streams by limits.stream_idle.",
              between(1ms, 1h));
        field("routes", self.routes,
              "Templates for the http_route label; other paths are learned, or counted as `other`.");
        field("limit", self.limit,
              "How many requests the app gets at once. A WebSocket, an event stream or an HTTP/2 connection "
              "is one of them for as "
              "long as it lives.",
              starting_as([] { return Limit{.slots = {.queue = 100}}; }));
    }
};

struct Journal {
    Duration slow = std::chrono::seconds{1};
    std::uint32_t keep = 1000;

    friend bool operator==(const Journal&, const Journal&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("slow", self.slow, "A request that takes at least this long is kept.", between(1ms, 1h));
        field("keep", self.keep, "How many requests are kept; the oldest go first.", between(1, 100'000));
    }
};

struct Drain {
    Duration delay = std::chrono::seconds{5};
    Duration timeout = std::chrono::seconds{25};

    friend bool operator==(const Drain&, const Drain&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("delay", self.delay, "How long new connections are still served, from the start of the drain.",
              between(0s, 1h));
        field("timeout", self.timeout,
              "When what remains is cut, from the start of the drain. Below Kubernetes' 30 s grace period.",
              between(0s, 1h));
    }
};

struct Metrics {
    std::optional<HttpUrl> app;
    std::uint32_t series = 500;
    std::optional<HttpUrl> push;

    friend bool operator==(const Metrics&, const Metrics&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("app", self.app, "URL of the app's own metrics page, merged into ours; without a path: /metrics.",
              not_built("only http:// to the app's metrics works in this version",
                        [](const std::optional<HttpUrl>& app) { return app && app->scheme == "https"; }));
        field("series", self.series, "Series per metric family; further label values fall into `other`.",
              between(10, 100'000));
        field("push", self.push,
              "URL of a Pushgateway: the metrics are pushed there every 15 s and at the end. Without a path "
              "the group is the "
              "service's name as the job and the host's name as the instance; with one, such as /metrics/job/backup/instance/one, it is that.",
              not_built("only http:// to a Pushgateway works in this version",
                        [](const std::optional<HttpUrl>& push) { return push && push->scheme == "https"; }));
    }
};

struct Replay {
    Bytes request{64 * 1024};
    Bytes total{32 * 1024 * 1024};

    friend bool operator==(const Replay&, const Replay&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("request", self.request,
              "The largest body that is kept for a retry; larger ones are not retried.", at_most(64_MiB));
        field("total", self.total, "What all kept bodies together may take.", at_most(64_GiB));
    }
};

struct ResourceLimits {
    std::uint32_t connections = 8000;
    Bytes header_bytes{64 * 1024};
    Bytes uri_bytes{16 * 1024};
    Bytes body_bytes{0};
    Duration head_timeout = std::chrono::seconds{10};
    Duration idle = std::chrono::seconds{60};
    Duration stream_idle = std::chrono::hours{1};
    Replay replay;

    friend bool operator==(const ResourceLimits&, const ResourceLimits&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("connections", self.connections,
              "Connections from callers at once; further ones wait to be accepted.", between(1, 1'000'000));
        field("header_bytes", self.header_bytes, "The largest head of a request or reply.",
              between(1_KiB, 1_MiB));
        field("uri_bytes", self.uri_bytes, "The longest request target.", between(256_B, 1_MiB));
        field("body_bytes", self.body_bytes, "The largest request body; 0: any size.");
        field("head_timeout", self.head_timeout, "Within which a request's head must be whole.",
              between(1ms, 1h));
        field("idle", self.idle,
              "How long a connection may rest between requests, and a body without a byte moving.",
              between(1ms, 1h));
        field("stream_idle", self.stream_idle, "The same for tunnels and event streams.", between(1ms, 24h));
        field("replay", self.replay, "Request bodies kept, in case they must be sent once more.");
    }
};

enum class Automatic : std::uint8_t { automatic };
[[nodiscard]] constexpr auto words_of(Automatic) {
    return std::array<Word<Automatic>, 1>{{{Automatic::automatic, "auto"}}};
}
using Workers = std::variant<Automatic, std::uint32_t>;

struct Settings {
    std::string service = "app";
    Admin admin;
    Inbound inbound;
    Outbound outbound;
    Health health;
    Logs logs;
    Journal journal;
    Drain drain;
    Workers workers = Automatic::automatic;
    Metrics metrics;
    ResourceLimits limits;

    friend bool operator==(const Settings&, const Settings&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("service", self.service, "The app's name in metrics, logs and traces.", not_empty);
        field("admin", self.admin, "Probes, metrics and the API.");
        field("inbound", self.inbound, "Others' calls to the app.");
        field("outbound", self.outbound, "The app's calls to others: a local port each.");
        field("health", self.health, "What the app needs to be ready.");
        field("logs", self.logs, "The access log, the app's own log, and where they go.");
        field("journal", self.journal, "Failed, slow and retried requests, kept and explained.");
        field("drain", self.drain, "How the process ends without failing a request.");
        field("workers", self.workers,
              "Event loops. auto: as many as CPUs this process may use (affinity, and cgroup quota rounded "
              "up).",
              between(1, 256));
        field("metrics", self.metrics, "What the metrics page contains.");
        field("limits", self.limits, "What callers may use up.");
    }
};

}   // namespace outrigger::config
