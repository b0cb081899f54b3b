// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outrigger::health {

// Appends `text` in quotes, escaped exactly as JavaScript's JSON.stringify does: \" \\ \b \f \n \r \t, other
// control characters as \u00xx in lower case, and nothing else (neither / nor < nor U+2028). Bytes that are
// not UTF-8 become U+FFFD.
void append_json_text(std::string& out, std::string_view text);

}  // namespace outrigger::health
