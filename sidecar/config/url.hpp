// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/text_format.hpp>

#include "sidecar/config/address.hpp"

// URLs, as settings name them. Values only: nothing here resolves or connects.
namespace outrigger::config {

// Stands where a secret is hidden from whoever reads the printed configuration; run refuses it.
inline constexpr std::string_view redaction_mark = "***";
// Does the name of a key or query field suggest that its value is a secret?
[[nodiscard]] bool names_secret(std::string_view name);
// "user:password" -> "user:***", "token" -> "***": a lone name may be a token.
[[nodiscard]] std::string redact_userinfo(std::string_view userinfo);
// "/path?a=b&password=c" -> "/path?a=b&password=***"
[[nodiscard]] std::string redact_query(std::string_view path);

// scheme://userinfo@host:port/path?query. The types derived from it say which schemes may stand where.
struct Url {
    std::string scheme;       // lower case
    std::string userinfo;     // as written, without the @: "user:password"
    std::string host;         // IPv6 without brackets; empty for unix: and stdout:
    std::uint16_t port = 0;   // the scheme's default where none was written
    std::string path;         // with the query; begins with / or ? or is empty; for unix: the socket's path
    friend bool operator==(const Url&, const Url&) = default;

    // host:port as it stands in a Host field: brackets around IPv6, no port where it is the scheme's default.
    [[nodiscard]] std::string authority() const;
    // Always with the port, except for unix: and stdout:, which have none.
    [[nodiscard]] std::string to_text() const;
    // The same with the password, and any query value whose name suggests a secret, replaced by the redaction
    // mark.
    [[nodiscard]] std::string redacted() const;
};

// http:// or https:// with a host; a path is allowed: the target of an upstream, the URL of a check.
struct HttpUrl : Url {
    friend bool operator==(const HttpUrl&, const HttpUrl&) = default;
    static std::optional<HttpUrl> parse(std::string_view text);
    static constexpr std::string_view noun = "a URL";
    static constexpr std::string_view example = "http://users:8080 or https://payments.example/v2";
    static constexpr std::string_view pattern = "^[hH][tT][tT][pP][sS]?://[^/?#]+";
};

// The app: http://host:port, host:port, a bare port on 127.0.0.1, https://host:port, or unix:/path. No path,
// no user.
struct AppUrl : Url {
    friend bool operator==(const AppUrl&, const AppUrl&) = default;
    static std::optional<AppUrl> parse(std::string_view text);
    static constexpr std::string_view noun = "the app's address";
    static constexpr std::string_view example =
        "3000, 127.0.0.1:3000, http://127.0.0.1:3000 or unix:/run/app.sock";
    static constexpr std::string_view pattern =
        "^([0-9]{1,5}|([hH][tT][tT][pP][sS]?://)?(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?/"
        "?|unix:/.+)$";
    static constexpr Notation notation = Notation::text_or_integer;
};

// redis:// or rediss:// (TLS), with an optional password and database.
struct RedisUrl : Url {
    friend bool operator==(const RedisUrl&, const RedisUrl&) = default;
    static std::optional<RedisUrl> parse(std::string_view text);
    static constexpr std::string_view noun = "a URL";
    static constexpr std::string_view example = "redis://127.0.0.1:6379";
    static constexpr std::string_view pattern = "^[rR][eE][dD][iI][sS][sS]?://[^/?#]+";
};

// Where logs go: stdout:, or scheme://USER:PASSWORD@HOST:PORT,HOST:PORT/PATH with hosts that stand in for each other.
struct ShipUrl {
    std::string scheme = "stdout";   // lower case
    std::string userinfo;            // as written, without the @
    std::vector<Destination> hosts;  // none for stdout:
    std::string path;                // begins with / or is empty
    friend bool operator==(const ShipUrl&, const ShipUrl&) = default;

    static std::optional<ShipUrl> parse(std::string_view text);
    [[nodiscard]] bool is_stdout() const noexcept { return scheme == "stdout"; }
    // Always with the ports.
    [[nodiscard]] std::string to_text() const;
    // The same with the password replaced by the redaction mark.
    [[nodiscard]] std::string redacted() const;
    static constexpr std::string_view noun = "stdout: or a URL";
    static constexpr std::string_view example =
        "logstash+http://logstash:8080, logstash+tcp://a:5000,b:5000 or elasticsearch+https://elastic:9200/logs-app";
    static constexpr std::string_view pattern =
        "^(stdout:?|([lL][oO][gG][sS][tT][aA][sS][hH]\\+([hH][tT][tT][pP][sS]?|[tT][cC][pP]|[tT][lL][sS])|"
        "[eE][lL][aA][sS][tT][iI][cC][sS][eE][aA][rR][cC][hH]\\+[hH][tT][tT][pP][sS]?|"
        "[bB][eE][aA][tT][sS](\\+[tT][lL][sS])?)://[^/?#]+.*)$";
};

}   // namespace outrigger::config
