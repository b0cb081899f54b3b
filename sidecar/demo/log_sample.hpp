// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace outrigger::demo {

// The last access-log lines of a file, oldest first: at most `count` of those within its last 256 KiB. Lines
// about the sidecar itself are left out. Empty if the file cannot be read.
[[nodiscard]] std::vector<std::string> last_access_lines(const std::string& file, std::size_t count);

}  // namespace outrigger::demo
