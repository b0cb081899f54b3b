// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/health/probe.hpp>

#include <cstdint>
#include <string>
#include <vector>

// Checks that need libcurl or libpq: component health_drivers. What makes no sense is refused with
// std::invalid_argument when the indicator is made. Each run opens one connection and closes it.
namespace outrigger::health {

// Which answers are good.
struct HttpSettings {
    std::vector<std::uint16_t> statuses = {};   // empty: 200 to 299
    std::string contains = {};   // what the first MiB of the body must contain; empty: anything
    std::string ca_file = {};    // certificates that are trusted instead of the system's
};
// A GET of an http:// or https:// URL, with redirects (21 at most) as axios follows them. In terminus' words, without
// response time.
[[nodiscard]] Indicator http(std::string url, HttpSettings settings = {});

// Resident memory of a process that tells it on its own metrics page (process_resident_memory_bytes in Prometheus' text
// format, within the first MiB): for a process that memory_of_listener() cannot see.
[[nodiscard]] Indicator memory_on_page(Bytes most, std::string url);

struct RedisSettings {
    std::string ca_file = {};   // of rediss://: certificates that are trusted instead of the system's
};
// PING, after AUTH if redis://[user][:password]@host[:port] has a password; rediss:// is with TLS. Response time is
// shown.
[[nodiscard]] Indicator redis(std::string url, RedisSettings settings = {});

// SELECT 1 on a new connection to what libpq calls a connection string: postgres://... or "host=... dbname=...". Response
// time is shown. Of several hosts in one string, or one of the environment (PGHOST), libpq looks the names up itself: a
// resolver that hangs then occupies the thread past the deadline, and past the registry's end.
[[nodiscard]] Indicator postgres(std::string connection_string);

// Up while the certificate that a TLS server shows is valid for longer than `left`. Whether it is trusted is not asked.
[[nodiscard]] Indicator certificate(std::string host, std::uint16_t port, Duration left);

}   // namespace outrigger::health
