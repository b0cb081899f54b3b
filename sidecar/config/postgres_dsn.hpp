// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/text_format.hpp>

namespace outrigger::config {

// What libpq takes: postgres://... (several hosts allowed) or `host=... dbname=...`.
struct PostgresDsn {
    std::string text;
    friend bool operator==(const PostgresDsn&, const PostgresDsn&) = default;

    static std::optional<PostgresDsn> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const { return text; }
    [[nodiscard]] std::string redacted() const;
    static constexpr std::string_view noun = "a PostgreSQL address";
    static constexpr std::string_view example = "postgres://user@db:5432/orders or 'host=db dbname=orders'";
    static constexpr std::string_view pattern = "^(postgres(ql)?://.*|[a-z_]+ *=.*)$";
};

}   // namespace outrigger::config
