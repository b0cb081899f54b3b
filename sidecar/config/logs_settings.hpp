// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <outrigger/core/describe.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/config/address.hpp"
#include "sidecar/config/field_names.hpp"
#include "sidecar/config/url.hpp"

namespace outrigger::config {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };
[[nodiscard]] constexpr auto words_of(LogLevel) {
    return std::array<Word<LogLevel>, 5>{{{LogLevel::trace, "trace"},
                                          {LogLevel::debug, "debug"},
                                          {LogLevel::info, "info"},
                                          {LogLevel::warn, "warn"},
                                          {LogLevel::error, "error"}}};
}

enum class AccessRecords : std::uint8_t { all, errors, none };
[[nodiscard]] constexpr auto words_of(AccessRecords) {
    return std::array<Word<AccessRecords>, 3>{
        {{AccessRecords::all, "all"}, {AccessRecords::errors, "errors"}, {AccessRecords::none, "none"}}};
}
// A ratio keeps that share of the ordinary requests, and all errors and slow ones.
using AccessLog = std::variant<AccessRecords, Ratio>;

struct Spool {
    std::string dir;   // empty: memory only
    Bytes max{64 * 1024 * 1024};

    friend bool operator==(const Spool&, const Spool&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("dir", self.dir, "A directory where records survive a crash; empty: they wait in memory.",
              needs_restart);
        field("max", self.max, "What waiting records may take. Without dir 64MiB, with one 512MiB.",
              between(1_MiB, 1024_GiB), starting_as([&self] { return self.dir.empty() ? 64_MiB : 512_MiB; }));
    }
};

struct Ship {
    ShipUrl to{{.scheme = "stdout", .userinfo = {}, .host = {}, .port = 0, .path = {}}};
    Spool spool;

    friend bool operator==(const Ship&, const Ship&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("to", self.to, "Where records go.",
              not_built("only stdout: works in this version",
                        [](const ShipUrl& to) { return to.scheme != "stdout"; }));
        field("spool", self.spool, "Where records wait until they are delivered.", not_built("the spool"));
    }
};

struct Logs {
    LogLevel level = LogLevel::info;
    AccessLog access = AccessRecords::all;
    std::optional<Address> intake;
    std::vector<FieldPattern> redact;
    Ship ship;

    friend bool operator==(const Logs&, const Logs&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("level", self.level, "The least important records of the sidecar's own log.");
        field("access", self.access,
              "Which requests are logged; a ratio samples ordinary ones, errors and slow ones are always "
              "kept.");
        field("intake", self.intake,
              "Where the app may POST JSON records; answered with 202 once they are safe.",
              not_built("log intake"));
        field("redact", self.redact, "Fields whose values are blotted out.", not_built("redaction"));
        field("ship", self.ship, "Where logs go.");
    }
};

}   // namespace outrigger::config
