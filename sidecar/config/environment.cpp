// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/environment.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "sidecar/config/problem.hpp"

namespace outrigger::config {
namespace {

// Longer than any sensible value; stops a file of many ${A} with a large A.
constexpr std::size_t text_max = std::size_t{1} << 20U;

bool is_variable(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

// What stands between the braces: NAME or NAME:-default.
Substituted value_of(std::string_view inside, const Environment& environment) {
    const std::size_t colon = inside.find(":-");
    const std::string_view name = inside.substr(0, colon);
    if (!is_variable(name) || inside.find("${") != std::string_view::npos)
        return {.error =
                    "found " + quote("${" + std::string{inside} + "}") +
                    ", expected ${NAME} or ${NAME:-default}; for the characters ${ themselves write $${"};
    auto value = environment(name);
    if (colon != std::string_view::npos && (!value || value->empty()))
        return {.text = std::string{inside.substr(colon + 2)}, .replaced = true};
    if (!value)
        return {.error = "the environment variable " + std::string{name.substr(0, 100)} +
                         " is not set; set it, or write ${NAME:-default}"};
    return {.text = std::move(*value), .replaced = true};
}

}   // namespace

Environment process_environment() {
    return [](std::string_view name) -> std::optional<std::string> {
        const char* value = std::getenv(std::string{name}.c_str());
        return value ? std::optional<std::string>{value} : std::nullopt;
    };
}

Substituted substitute(std::string_view text, const Environment& environment) {
    Substituted result;
    while (!text.empty()) {
        if (result.text.size() > text_max)
            return {.error = "found more than 1 MiB of text after substitution"};
        if (text.starts_with("$${")) {
            result.text += "${";
            text.remove_prefix(3);
        } else if (!text.starts_with("${")) {
            result.text += text.front();
            text.remove_prefix(1);
        } else {
            const std::size_t end = text.find('}');
            if (end == std::string_view::npos)
                return {.error = "found ${ without }; for the characters ${ write $${"};
            const Substituted value = value_of(text.substr(2, end - 2), environment);
            if (!value.error.empty()) return value;
            result.text += value.text;
            result.replaced = true;
            text.remove_prefix(end + 1);
        }
    }
    return result;
}

std::string escape_substitution(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("${")) out += '$';
        out += text[i];
    }
    return out;
}

}   // namespace outrigger::config
