// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outrigger::admin {

// The value of the first parameter of this name in a URL's query, "+" and %XX decoded; empty if there is none. What is no
// %XX stays as it is.
[[nodiscard]] std::string query_value(std::string_view query, std::string_view name);

}  // namespace outrigger::admin
