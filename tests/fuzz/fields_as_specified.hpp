// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/parser.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

// What RFC 9110 says about fields, written once more in the simplest way, to hold against the codec's own answers.
namespace outrigger::http1::as_specified {

inline void require(bool holds) {
    if (!holds) __builtin_trap();
}

inline std::string folded(std::string_view text) {
    std::string lower{text};
    for (char& byte : lower)
        if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
    return lower;
}

inline std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string{text.substr(first, text.find_last_not_of(" \t") + 1 - first)};
}

inline bool connection_names(const Fields& fields, std::string_view name) {
    for (const Field& field : fields.all()) {
        if (folded(field.name) != "connection") continue;
        std::string list = folded(field.value) + ',';
        for (std::size_t comma = 0; (comma = list.find(',')) != std::string::npos; list.erase(0, comma + 1))
            if (trimmed(std::string_view{list}.substr(0, comma)) == name) return true;
    }
    return false;
}

inline bool hop_by_hop_name(std::string_view folded_name, const Fields& fields) {
    constexpr std::array<std::string_view, 8> always{"connection",          "keep-alive", "proxy-connection",
                                                     "te",                  "upgrade",    "transfer-encoding",
                                                     "proxy-authorization", "proxy-authenticate"};
    if (std::find(always.begin(), always.end(), folded_name) != always.end()) return true;
    return folded_name != "host" && folded_name != "content-length" && connection_names(fields, folded_name);
}

inline std::string_view first_value(const Fields& fields, std::string_view folded_name) {
    for (const Field& field : fields.all())
        if (folded(field.name) == folded_name) return field.value;
    return {};
}

inline void require_fields(const Fields& fields) {
    for (const Field& field : fields.all()) {
        const std::string name = folded(field.name);
        const bool expected = hop_by_hop_name(name, fields);
        require(http1::is_hop_by_hop(field, fields) == expected);
        require(http1::is_hop_by_hop(field.name, fields) == expected);
        require(field_name(field.name) == field.known);
        require(value_of(fields, name) == first_value(fields, name));
        require(same_name(field.name, name));
    }
    require(value_of(fields, "no-such-field-at-all, for sure").empty());
}

}  // namespace outrigger::http1::as_specified
