// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <outrigger/logging/redaction.hpp>

namespace outrigger::middleware {

// A query whose parameters are blotted out where the redaction names them: `password` and `url.query.password` both
// name password=... Whatever is escaped in a name is taken for what it stands for. The view is of `query`, or of
// `room`.
[[nodiscard]] std::string_view redacted_query(std::string_view query, const logging::Redaction& redaction,
                                              std::string& room);

}   // namespace outrigger::middleware
