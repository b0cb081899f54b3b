// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <outrigger/core/describe.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/config/address.hpp"
#include "sidecar/config/postgres_dsn.hpp"
#include "sidecar/config/url.hpp"

// What the app needs to be ready. A check is one kind, chosen by its key, and what all kinds share.
namespace outrigger::config {

struct HttpCheck {
    HttpUrl http;
    std::vector<std::uint16_t> status;
    std::string contains;

    friend bool operator==(const HttpCheck&, const HttpCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("http", self.http, "Up if a GET is answered well; up to 21 redirects are followed.", required);
        field("status", self.status, "The statuses that are good; none: 200 to 299.", between(100, 599));
        field("contains", self.contains, "What the first MiB of the body must contain.");
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
        field("redis", self.redis, "Up if PING is answered, after AUTH if there is a password.", required);
    }
};

struct PostgresCheck {
    PostgresDsn postgres;

    friend bool operator==(const PostgresCheck&, const PostgresCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("postgres", self.postgres, "Up if SELECT 1 is answered on a new connection.", required);
    }
};

struct UpstreamCheck {
    std::string upstream;

    friend bool operator==(const UpstreamCheck&, const UpstreamCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("upstream", self.upstream,
              "Up unless this upstream's circuit is open or no endpoint of it gets calls; while the circuit probes, degraded. Told "
              "when it changes, without calls of its own: every, timeout, fail_after and recover_after mean nothing to it.",
              required, not_empty);
    }
};

struct DiskCheck {
    std::string disk;
    std::variant<Ratio, Bytes> free = 10_percent;
    std::optional<Ratio> free_inodes;

    friend bool operator==(const DiskCheck&, const DiskCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("disk", self.disk, "Up if the file system of this path has enough free space.", required,
              not_empty);
        field("free", self.free, "How much must be free.");
        field("free_inodes", self.free_inodes, "Which share of its inodes must be free.");
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
        field("rss", self.rss, "Up if no more memory than this is resident.", required, at_least(1_KiB));
        field("of", self.of,
              "Whose: the app (what its own page at metrics.app tells, or else the process that listens on its port), the "
              "cgroup, or the sidecar itself.");
    }
};

struct DnsCheck {
    HostName dns;

    friend bool operator==(const DnsCheck&, const DnsCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("dns", self.dns, "Up if this name has an address.", required);
    }
};

struct FileCheck {
    std::string file;
    Duration max_age = std::chrono::minutes{5};

    friend bool operator==(const FileCheck&, const FileCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("file", self.file, "Up if this file is there and was modified lately.", required, not_empty);
        field("max_age", self.max_age, "How long ago at most.", at_least(std::chrono::seconds{1}));
    }
};

struct CommandCheck {
    std::vector<std::string> command;

    friend bool operator==(const CommandCheck&, const CommandCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("command", self.command,
              "Up if this program, with these arguments, ends with 0. Its whole process group is killed at the timeout.",
              required);
    }
};

struct HeartbeatCheck {
    Duration heartbeat{};

    friend bool operator==(const HeartbeatCheck&, const HeartbeatCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("heartbeat", self.heartbeat,
              "Up if a job has reported in within this time: POST /api/heartbeat/<name of the check> on the admin "
              "address. The sidecar's start counts as the first time.",
              required, at_least(std::chrono::seconds{1}));
    }
};

struct CertificateCheck {
    Destination certificate;
    Duration valid_for = std::chrono::hours{14 * 24};

    friend bool operator==(const CertificateCheck&, const CertificateCheck&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("certificate", self.certificate, "Up if the certificate that a TLS server shows here does not expire soon.",
              required);
        field("valid_for", self.valid_for, "How much longer it must be valid.");
    }
};

// Which page asks for a check. Never liveness: what depends on others must not get a process restarted.
struct CheckGroup {
    std::string name = "ready";
    friend bool operator==(const CheckGroup&, const CheckGroup&) = default;

    static std::optional<CheckGroup> parse(std::string_view text) {
        if (!is_entry_name(text) || text == "live") return std::nullopt;
        return CheckGroup{std::string{text}};
    }
    [[nodiscard]] std::string to_text() const { return name; }
    static constexpr std::string_view noun = "a group";
    static constexpr std::string_view example = "ready, startup or a name of your own (but not live)";
    static constexpr std::string_view pattern = "^(?!live$)[A-Za-z0-9][A-Za-z0-9_-]{0,62}$";
};

using CheckKind = std::variant<TcpCheck, HttpCheck, RedisCheck, PostgresCheck, UpstreamCheck, DiskCheck, MemoryCheck,
                               DnsCheck, FileCheck, CommandCheck, HeartbeatCheck, CertificateCheck>;

struct Check {
    CheckKind kind;
    Duration every = std::chrono::seconds{5};
    Duration timeout = std::chrono::seconds{1};
    std::uint32_t fail_after = 2;
    std::uint32_t recover_after = 1;
    bool optional = false;
    CheckGroup group;
    std::string ca;

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
        field("group", self.group, "Which probe asks for it: ready, startup (only), or a page of its own, /health/<group>.");
        field("ca", self.ca, "A file with the certificates that an http or redis check trusts instead of the system's.");
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
