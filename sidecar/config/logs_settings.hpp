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
#include <outrigger/logging/shipping/ship.hpp>

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

struct Ship {
    ShipUrl to;
    // Its keys stand beside ours; its `to` is not used.
    logging::Ship how{.to = {}, .spool = {.dir = {}, .max = 64_MiB}};

    friend bool operator==(const Ship&, const Ship&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    [[nodiscard]] std::string fault_of_destination() const;   // empty: there is none
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("to", self.to, "Where records go. Several hosts, separated by commas, stand in for each other.",
              not_built("beats", [](const ShipUrl& to) { return to.scheme.starts_with("beats"); }));
        logging::Ship::describe(self.how, field);
    }
};

// Where the app hands in its own records.
struct Intake {
    std::optional<Address> listen;
    std::optional<Address> tcp;
    Bytes body_bytes{1024 * 1024};

    static constexpr std::string_view short_form = "listen";
    friend bool operator==(const Intake&, const Intake&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("listen", self.listen, "Where the app may POST JSON records; answered with 202 once they are safe.");
        field("tcp", self.tcp, "Where it may send them over TCP, one JSON object a line; nothing is answered.");
        field("body_bytes", self.body_bytes, "The largest body of a post, unpacked.", between(1_KiB, 64_MiB));
    }
};

struct Logs {
    LogLevel level = LogLevel::info;
    AccessLog access = AccessRecords::all;
    std::optional<Intake> intake;
    std::vector<FieldPattern> redact;
    Ship ship;

    friend bool operator==(const Logs&, const Logs&) = default;
    // Otherwise records are only written to standard output.
    [[nodiscard]] bool is_shipped() const noexcept {
        return !ship.to.is_stdout() || intake || !ship.how.spool.dir.empty();
    }
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("level", self.level, "The least important records of the sidecar's own log.");
        field("access", self.access,
              "Which requests are logged; a ratio samples ordinary ones, errors and slow ones are always "
              "kept.");
        field("intake", self.intake, "The app's own records.");
        field("redact", self.redact, "Fields whose values are blotted out.");
        field("ship", self.ship, "Where logs go.");
    }
};

}   // namespace outrigger::config
