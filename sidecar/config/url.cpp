// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/url.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <utility>

#include "sidecar/config/address.hpp"

namespace outrigger::config {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
    return out;
}

struct SchemePort {
    std::string_view scheme;
    std::uint16_t port;
};
// Registered with IANA, or where the server listens by default.
constexpr std::array<SchemePort, 10> scheme_ports{{{"http", 80},
                                                   {"https", 443},
                                                   {"redis", 6379},
                                                   {"rediss", 6379},
                                                   {"logstash+http", 80},
                                                   {"logstash+https", 443},
                                                   {"elasticsearch+http", 9200},
                                                   {"elasticsearch+https", 9200},
                                                   {"beats", 5044},
                                                   {"beats+tls", 5044}}};

constexpr std::array<std::string_view, 8> ship_schemes{"logstash+http",      "logstash+https",      "logstash+tcp",
                                                       "logstash+tls",       "elasticsearch+http",  "elasticsearch+https",
                                                       "beats",              "beats+tls"};

// 0 where a port must be written.
std::uint16_t default_port(std::string_view scheme) {
    const auto* found = std::find_if(scheme_ports.begin(), scheme_ports.end(),
                                     [&](const SchemePort& entry) { return entry.scheme == scheme; });
    return found == scheme_ports.end() ? std::uint16_t{0} : found->port;
}

// Visible ASCII without what RFC 3986 keeps out of every part of a URL.
bool is_url_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view{"\"<>\\^`{|}#"}.find(c) == std::string_view::npos;
    });
}

bool split_authority(std::string_view authority, Url& url) {
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        url.userinfo = authority.substr(0, at);
        if (url.userinfo.find_first_of("@[]") != std::string::npos) return false;
        authority.remove_prefix(at + 1);
    }
    const std::size_t colon = authority.rfind(':');
    const bool with_port =
        colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    const auto host = parse_host(authority.substr(0, with_port ? colon : authority.size()));
    const auto port = with_port ? parse_port(authority.substr(colon + 1)) : default_port(url.scheme);
    if (!host || !port || *port == 0) return false;
    url.host = *host;
    url.port = *port;
    return true;
}

std::optional<Url> parse_url(std::string_view text, std::initializer_list<std::string_view> schemes) {
    const std::size_t end = text.find("://");
    if (end == std::string_view::npos || !is_url_text(text)) return std::nullopt;
    Url url{.scheme = lower(text.substr(0, end))};
    if (std::find(schemes.begin(), schemes.end(), url.scheme) == schemes.end()) return std::nullopt;
    text.remove_prefix(end + 3);
    const std::size_t length = std::min(text.find_first_of("/?"), text.size());
    url.path = text.substr(length);
    return split_authority(text.substr(0, length), url) ? std::optional{std::move(url)} : std::nullopt;
}

template <class T>
std::optional<T> typed(std::optional<Url> url) {
    return url ? std::optional<T>{T{std::move(*url)}} : std::nullopt;
}

bool is_all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}   // namespace

bool names_secret(std::string_view name) {
    constexpr std::array<std::string_view, 7> signs{"pass", "token",      "secret", "key",
                                                    "auth", "credential", "sig"};
    const std::string word = lower(name);
    return std::any_of(signs.begin(), signs.end(),
                       [&](std::string_view sign) { return word.find(sign) != std::string::npos; });
}

std::string redact_userinfo(std::string_view userinfo) {
    if (userinfo.empty()) return {};
    const std::size_t colon = userinfo.find(':');
    if (colon == std::string_view::npos) return std::string{redaction_mark};
    if (colon + 1 == userinfo.size()) return std::string{userinfo};
    return std::string{userinfo.substr(0, colon + 1)}.append(redaction_mark);
}

std::string redact_query(std::string_view path) {
    const std::size_t mark = path.find('?');
    if (mark == std::string_view::npos) return std::string{path};
    std::string out{path.substr(0, mark + 1)};
    for (std::string_view rest = path.substr(mark + 1);;) {
        const std::string_view field = rest.substr(0, rest.find('&'));
        const std::size_t equals = field.find('=');
        const bool hide = equals != std::string_view::npos && equals + 1 < field.size() &&
                          names_secret(field.substr(0, equals));
        if (hide)
            out.append(field.substr(0, equals + 1)).append(redaction_mark);
        else
            out.append(field);
        if (field.size() == rest.size()) return out;
        out += '&';
        rest.remove_prefix(field.size() + 1);
    }
}

std::string Url::authority() const {
    std::string text = bracketed(host);
    if (port != default_port(scheme)) text += ':' + std::to_string(port);
    return text;
}

std::string Url::to_text() const {
    if (scheme == "unix" || scheme == "stdout") return scheme + ':' + path;
    return scheme + "://" + userinfo + (userinfo.empty() ? "" : "@") + bracketed(host) + ':' +
           std::to_string(port) + path;
}

std::string Url::redacted() const {
    Url copy = *this;
    copy.userinfo = redact_userinfo(userinfo);
    copy.path = redact_query(path);
    return copy.to_text();
}

std::optional<HttpUrl> HttpUrl::parse(std::string_view text) {
    return typed<HttpUrl>(parse_url(text, {"http", "https"}));
}

std::optional<RedisUrl> RedisUrl::parse(std::string_view text) {
    return typed<RedisUrl>(parse_url(text, {"redis", "rediss"}));
}

std::optional<ShipUrl> ShipUrl::parse(std::string_view text) {
    if (text == "stdout:" || text == "stdout") return ShipUrl{};
    const std::size_t end = text.find("://");
    if (end == std::string_view::npos || !is_url_text(text)) return std::nullopt;
    ShipUrl url{.scheme = lower(text.substr(0, end)), .userinfo = {}, .hosts = {}, .path = {}};
    if (std::find(ship_schemes.begin(), ship_schemes.end(), url.scheme) == ship_schemes.end()) return std::nullopt;
    text.remove_prefix(end + 3);
    const std::size_t length = std::min(text.find_first_of("/?"), text.size());
    url.path = text.substr(length);
    text = text.substr(0, length);
    if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
        url.userinfo = text.substr(0, at);
        if (url.userinfo.find_first_of("@[],") != std::string::npos) return std::nullopt;
        text.remove_prefix(at + 1);
    }
    for (;;) {
        Url one{.scheme = url.scheme};
        const std::size_t comma = std::min(text.find(','), text.size());
        if (!split_authority(text.substr(0, comma), one)) return std::nullopt;
        url.hosts.push_back({std::move(one.host), one.port});
        if (comma == text.size()) return url;
        text.remove_prefix(comma + 1);
    }
}

std::string ShipUrl::to_text() const {
    if (is_stdout()) return "stdout:";
    std::string text = scheme + "://" + userinfo + (userinfo.empty() ? "" : "@");
    for (const Destination& host : hosts) text += host.to_text() + ',';
    text.pop_back();
    return text + path;
}

std::string ShipUrl::redacted() const {
    ShipUrl copy = *this;
    copy.userinfo = redact_userinfo(userinfo);
    copy.path = redact_query(path);
    return copy.to_text();
}

std::optional<AppUrl> AppUrl::parse(std::string_view text) {
    if (text.starts_with("unix:/")) return AppUrl{{.scheme = "unix", .path = std::string{text.substr(5)}}};
    if (is_all_digits(text)) {
        const auto port = parse_port(text);
        if (!port || *port == 0) return std::nullopt;
        return AppUrl{{.scheme = "http", .host = "127.0.0.1", .port = *port}};
    }
    if (text.find("://") == std::string_view::npos) {
        auto place = Destination::parse(text);
        if (!place) return std::nullopt;
        return AppUrl{{.scheme = "http", .host = std::move(place->host), .port = place->port}};
    }
    auto url = parse_url(text, {"http", "https"});
    if (url && url->path == "/") url->path.clear();
    if (!url || !url->userinfo.empty() || !url->path.empty()) return std::nullopt;
    return typed<AppUrl>(std::move(url));
}

}   // namespace outrigger::config
