// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/text_format.hpp>

namespace outrigger::config {

// A path template: "/users/{id}", "/search/**". Begins with /; every segment is literal text (as it stands in
// a URL, percent-encoded), `{name}` or `*` (any one segment), or, only as the last, `**` (any rest, also
// none). No name occurs twice. No query.
struct RoutePattern {
    std::string text;
    friend bool operator==(const RoutePattern&, const RoutePattern&) = default;

    static std::optional<RoutePattern> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const { return text; }
    static constexpr std::string_view noun = "a path";
    static constexpr std::string_view example = "/users/{id} or /search/**";
    static constexpr std::string_view pattern = "^/[^ ?#]*$";
};

// A method and a path template, "GET /search/**"; without a method, "/search/**", any method.
struct RouteMatch {
    std::string method;   // upper case as on the wire; empty: any
    RoutePattern path;
    friend bool operator==(const RouteMatch&, const RouteMatch&) = default;

    static std::optional<RouteMatch> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const;
    static constexpr std::string_view noun = "a method and a path";
    static constexpr std::string_view example = "'POST /charges', 'GET /search/**' or '/users/{id}'";
    static constexpr std::string_view pattern = "^([A-Z][A-Z-]* )?/[^ ?#]*$";
};

}   // namespace outrigger::config
