// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outrigger::middleware {

// The template that a router's pattern stands for, in the form that all our metrics have. Parameters keep their names:
// "/orders/:id" and "/orders/<id>" are "/orders/{id}". In a regular expression a group, a class or a repeated dot is
// "{id}" if it takes digits only, "{path}" if it takes anything, else "{value}"; what surrounds it stays:
// R"(/files/(.+)\.json)" is "/files/{path}.json". A text for people, from a program's source: patterns that are
// stranger become strange texts. Pure, thread-safe.
[[nodiscard]] std::string route_of_pattern(std::string_view pattern);

}   // namespace outrigger::middleware
