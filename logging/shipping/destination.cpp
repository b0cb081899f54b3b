// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/destination.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace outrigger::logging {
namespace {

struct Scheme {
    std::string_view word;
    Protocol protocol;
    bool tls;
    std::uint16_t port;   // 0: must be written
    bool with_user;
    bool with_path;
};
constexpr std::array<Scheme, 6> schemes{{
    {"logstash+http", Protocol::logstash_http, false, 80, true, true},
    {"logstash+https", Protocol::logstash_http, true, 443, true, true},
    {"logstash+tcp", Protocol::logstash_tcp, false, 0, false, false},
    {"logstash+tls", Protocol::logstash_tcp, true, 0, false, false},
    {"elasticsearch+http", Protocol::elasticsearch, false, 9200, true, true},
    {"elasticsearch+https", Protocol::elasticsearch, true, 9200, true, true},
}};
constexpr std::string_view allowed =
    "; allowed are stdout:, logstash+http://HOST:PORT, logstash+https://, logstash+tcp://, logstash+tls://, "
    "elasticsearch+http://HOST:PORT/INDEX and elasticsearch+https://, with several hosts separated by commas";

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

// For sentences. Where an @ stands, a password may: then it is not shown.
std::string quoted(std::string_view text, std::string_view whole) {
    if (whole.find('@') != std::string_view::npos) return "what was found (not shown, since it has an @)";
    return '"' + std::string{text} + '"';
}

// Visible ASCII without what RFC 3986 keeps out of every part of a URL.
bool is_url_text(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return c > ' ' && c < '\x7f' && std::string_view{"\"<>\\^`{|}#"}.find(c) == std::string_view::npos;
    });
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Nothing for a % without two digits behind it, and for control characters.
std::optional<std::string> decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return std::nullopt;
            c = static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        }
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') return std::nullopt;
        result += c;
    }
    return result;
}

class Parser {
public:
    Parser(std::string_view text, std::string& fault) : text_{text}, fault_{fault} {}

    std::optional<Destination> parse() {
        if (lower(text_) == "stdout:" || lower(text_) == "stdout") return Destination{};
        const std::size_t end = text_.find("://");
        const std::string word = lower(text_.substr(0, end));
        if (end == std::string_view::npos)
            return refuse(quoted(text_.substr(0, 64), text_) + " is no destination" + std::string{allowed});
        if (word == "beats" || word == "beats+tls") return refuse(word + ":// is not built yet" + std::string{allowed});
        const auto* const scheme = std::ranges::find(schemes, word, &Scheme::word);
        if (scheme == schemes.end())
            return refuse("the scheme " + (word.find('@') == std::string::npos ? word + "://" : quoted(word, word)) +
                          " is unknown" + std::string{allowed});
        if (!is_url_text(text_)) return refuse("a destination has no blanks, quotes, backslashes, braces or #");
        return behind_scheme(*scheme, text_.substr(end + 3));
    }

private:
    std::nullopt_t refuse(std::string why) {
        fault_ = std::move(why);
        return std::nullopt;
    }

    std::optional<Destination> behind_scheme(const Scheme& scheme, std::string_view rest) {
        Destination found{.protocol = scheme.protocol, .tls = scheme.tls};
        const std::size_t slash = std::min(rest.find_first_of("/?"), rest.size());
        found.path = rest.substr(slash);
        if (found.path == "/") found.path.clear();
        if (!found.path.empty() && !scheme.with_path)
            return refuse(std::string{scheme.word} + ":// takes no path, found " + quoted(found.path, found.path));
        std::string_view authority = rest.substr(0, slash);
        if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
            if (!read_user(scheme, authority.substr(0, at), found)) return std::nullopt;
            authority.remove_prefix(at + 1);
        }
        path_has_at_ = found.path.find('@') != std::string::npos;
        if (!read_hosts(scheme, authority, found) || !index_fits(found)) return std::nullopt;
        return found;
    }

    bool read_user(const Scheme& scheme, std::string_view userinfo, Destination& found) {
        if (!scheme.with_user) {
            refuse(std::string{scheme.word} + ":// takes no user: its protocol has no place for one");
            return false;
        }
        const std::size_t colon = userinfo.find(':');
        const auto user = decoded(userinfo.substr(0, colon));
        const auto password = decoded(colon == std::string_view::npos ? "" : userinfo.substr(colon + 1));
        if (colon == std::string_view::npos || !user || user->empty() || user->find(':') != std::string::npos ||
            !password) {
            refuse("before the @ stands USER:PASSWORD, with %XX for what a URL does not take");
            return false;
        }
        found.user = *user;
        found.password = *password;
        return true;
    }

    bool read_hosts(const Scheme& scheme, std::string_view list, Destination& found) {
        for (;;) {
            const std::size_t comma = std::min(list.find(','), list.size());
            if (!read_host(scheme, list.substr(0, comma), found)) return false;
            if (comma == list.size()) return true;
            list.remove_prefix(comma + 1);
        }
    }

    bool read_host(const Scheme& scheme, std::string_view text, Destination& found) {
        Destination::Host host{.name = {}, .port = scheme.port};
        const bool bracketed = text.starts_with('[');
        const std::size_t name_end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
        if (name_end != std::string_view::npos)
            host.name = text.substr(bracketed ? 1 : 0, name_end - (bracketed ? 1 : 0));
        const std::string_view port =
            name_end == std::string_view::npos ? "" : text.substr(name_end + (bracketed ? 1 : 0));
        if (!is_name(host.name, bracketed) || !read_port(port, host.port)) {
            refuse(quoted(text, path_has_at_ ? "@" : "") +
                   " is no host; allowed is HOST:PORT with a port from 1 to 65535" +
                   (scheme.port == 0 ? "" : ", or HOST alone, which means port " + std::to_string(scheme.port)));
            return false;
        }
        found.hosts.push_back(std::move(host));
        return true;
    }

    static bool is_name(std::string_view name, bool bracketed) {
        return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [&](char c) {
            const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
            return word || (bracketed ? c == ':' : c == '-' || c == '_');
        });
    }

    // `text` is empty, which keeps the default, or :PORT.
    static bool read_port(std::string_view text, std::uint16_t& port) {
        if (text.empty()) return port != 0;
        if (text.front() != ':') return false;
        text.remove_prefix(1);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
        return error == std::errc{} && end == text.data() + text.size() && port != 0;
    }

    bool index_fits(const Destination& found) {
        if (found.protocol != Protocol::elasticsearch || found.path.empty()) return true;
        if (found.path.front() == '/' && found.path.find_first_of("/?*,", 1) == std::string::npos) return true;
        refuse("the path of " + std::string{"elasticsearch+http://"} +
               " is one index or data stream, as in /logs-shop-default; found " + quoted(found.path, found.path));
        return false;
    }

    std::string_view text_;
    std::string& fault_;
    bool path_has_at_ = false;   // a password with a / in it: what seems to be a host is the user
};

}   // namespace

std::string Destination::Host::to_text() const {
    const std::string shown = name.find(':') == std::string::npos ? name : '[' + name + ']';
    return shown + ':' + std::to_string(port);
}

std::optional<Destination> parse_destination(std::string_view text, std::string& fault) {
    return Parser{text, fault}.parse();
}

}   // namespace outrigger::logging
