// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/text_format.hpp>

namespace outrigger::config {

// The name of a header field (a token of RFC 9110, section 5.6.2).
struct HeaderName {
    std::string text;
    friend bool operator==(const HeaderName&, const HeaderName&) = default;

    static std::optional<HeaderName> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const { return text; }
    static constexpr std::string_view noun = "a header name";
    static constexpr std::string_view example = "X-User";
    static constexpr std::string_view pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
};

// Which fields of a log record are blotted out: a name, or a path of names and `*`: "password", "*.token".
struct FieldPattern {
    std::string text;
    friend bool operator==(const FieldPattern&, const FieldPattern&) = default;

    static std::optional<FieldPattern> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const { return text; }
    static constexpr std::string_view noun = "a field's name or path";
    static constexpr std::string_view example = "password or *.token";
    static constexpr std::string_view pattern = "^(\\*|[A-Za-z0-9_@-]+)(\\.(\\*|[A-Za-z0-9_@-]+))*$";
};

}   // namespace outrigger::config
