// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include <outrigger/core/describe.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/config/address.hpp"
#include "sidecar/config/postgres_dsn.hpp"
#include "sidecar/config/url.hpp"

// What the app needs to be ready. A check is one kind, chosen by its key, and what all kinds share.
namespace outrigger::config {

struct HttpCheck {
    HttpUrl http;

    friend bool operator==(const HttpCheck&, const HttpCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("http", self.http, "Up if a GET is answered with a status from 200 to 299.", required,
              not_built("http checks"));
    }
};

struct TcpCheck {
    Destination tcp;

    friend bool operator==(const TcpCheck&, const TcpCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("tcp", self.tcp, "Up if a connection is accepted.", required);
    }
};

struct RedisCheck {
    RedisUrl redis;

    friend bool operator==(const RedisCheck&, const RedisCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("redis", self.redis, "Up if PING is answered.", required, not_built("redis checks"));
    }
};

struct PostgresCheck {
    PostgresDsn postgres;

    friend bool operator==(const PostgresCheck&, const PostgresCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("postgres", self.postgres, "Up if a query is answered.", required,
              not_built("postgres checks"));
    }
};

struct UpstreamCheck {
    std::string upstream;

    friend bool operator==(const UpstreamCheck&, const UpstreamCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("upstream", self.upstream, "Up unless this upstream's breaker is open; no traffic of its own.",
              required, not_empty, not_built("upstream checks"));
    }
};

struct DiskCheck {
    std::string disk;
    Ratio free = 10_percent;

    friend bool operator==(const DiskCheck&, const DiskCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("disk", self.disk, "Up if the file system of this path has enough free space.", required,
              not_empty, not_built("disk checks"));
        field("free", self.free, "How much must be free.");
    }
};

enum class MemoryOf : std::uint8_t { app, cgroup, self };
[[nodiscard]] constexpr auto words_of(MemoryOf) {
    return std::array<Word<MemoryOf>, 3>{
        {{MemoryOf::app, "app"}, {MemoryOf::cgroup, "cgroup"}, {MemoryOf::self, "self"}}};
}
struct MemoryCheck {
    Bytes rss;
    MemoryOf of = MemoryOf::app;

    friend bool operator==(const MemoryCheck&, const MemoryCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("rss", self.rss, "Up if no more memory than this is resident.", required, at_least(1_KiB),
              not_built("memory checks"));
        field("of", self.of,
              "Whose: the app (owner of its port, or its own /metrics), the cgroup, or the sidecar itself.");
    }
};

enum class CheckGroup : std::uint8_t { ready, startup };
[[nodiscard]] constexpr auto words_of(CheckGroup) {
    return std::array<Word<CheckGroup>, 2>{{{CheckGroup::ready, "ready"}, {CheckGroup::startup, "startup"}}};
}

using CheckKind =
    std::variant<TcpCheck, HttpCheck, RedisCheck, PostgresCheck, UpstreamCheck, DiskCheck, MemoryCheck>;

struct Check {
    CheckKind kind;
    Duration every = std::chrono::seconds{5};
    Duration timeout = std::chrono::seconds{1};
    std::uint32_t fail_after = 2;
    std::uint32_t recover_after = 1;
    bool optional = false;
    CheckGroup group = CheckGroup::ready;

    friend bool operator==(const Check&, const Check&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field(choice, self.kind, "What is checked.");
        field("every", self.every, "From the start of one check to the next.", between(100ms, 1h));
        field("timeout", self.timeout, "When a check that has not ended counts as failed.", between(1ms, 1h));
        field("fail_after", self.fail_after,
              "Failures in a row that make it down; the very first result counts at once.", between(1, 100));
        field("recover_after", self.recover_after, "Successes in a row that make it up again.",
              between(1, 100));
        field("optional", self.optional, "Down means degraded, not unready.");
        field("group", self.group, "Which probe asks for it: readiness, or startup only.");
    }
};

struct Health {
    NamedMap<Check> ready;

    friend bool operator==(const Health&, const Health&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("ready", self.ready,
              "Readiness is all of these. The app's own port is the check `app`, unless one here has that "
              "name.");
    }
};

}   // namespace outrigger::config
