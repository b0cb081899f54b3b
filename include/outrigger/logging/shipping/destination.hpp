// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::logging {

enum class Protocol : std::uint8_t { standard_output, logstash_http, logstash_tcp, elasticsearch };

// Where records go, taken apart. A value: nothing here resolves or connects.
struct Destination {
    struct Host {
        std::string name;         // IPv6 without brackets
        std::uint16_t port = 0;

        [[nodiscard]] std::string to_text() const;   // host:port, with brackets around IPv6
        friend bool operator==(const Host&, const Host&) = default;
    };

    Protocol protocol = Protocol::standard_output;
    bool tls = false;
    std::string user;   // without %XX. Of Elasticsearch, the user `api_key` says that the password is an API key,
    std::string password;      //   as the server prints it under `encoded`.
    std::vector<Host> hosts;   // stand in for each other; none for stdout:
    std::string path;          // as written, with its /; of Elasticsearch: the index or data stream. May be empty.

    friend bool operator==(const Destination&, const Destination&) = default;
};

// Reads what Ship::to says:
//
//   stdout:
//   logstash+http://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][/PATH]   logstash+https://...      ports 80, 443
//   logstash+tcp://HOST:PORT[,HOST:PORT...]                               logstash+tls://...        no default port
//   elasticsearch+http://[USER:PASSWORD@]HOST[:PORT][,...][/INDEX]        elasticsearch+https://... port 9200
//
// Schemes in any case. %XX in user and password stand for the byte. Nothing: `fault` says in a sentence, without the
// password, what was found and what is allowed. This is the one place that knows; a type of settings that holds such a
// text (the sidecar's ShipUrl) takes what this takes, and hands its text with all the ports to Ship::to. beats:// and
// beats+tls:// are no destinations yet, and the sentence says so.
[[nodiscard]] std::optional<Destination> parse_destination(std::string_view text, std::string& fault);

}   // namespace outrigger::logging
