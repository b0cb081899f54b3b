// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outrigger::http1 {

// Whether a trailer field may be sent on. Not what frames, routes or authenticates a message, or what a proxy vouches
// for (RFC 9110, section 6.5.1): a recipient that merges trailers into the head would be fooled by it.
[[nodiscard]] bool is_forwardable_trailer(std::string_view name) noexcept;

// Removes the others from a trailer section that the decoder has found valid: lines "name:value" with CRLF.
void keep_forwardable(std::string& lines);

}   // namespace outrigger::http1
