// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace outrigger::logging {

struct SampleRecord {
    std::string kind;   // as docs/reference/log-fields.md calls it
    std::string line;
};

// Records of every kind that the library and the sidecar make, each with all the fields that it may have.
[[nodiscard]] std::vector<SampleRecord> sample_records();

}   // namespace outrigger::logging
