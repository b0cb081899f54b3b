// SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"
#include "tests/conformance/ecs/sample_records.hpp"

#include <nlohmann/json.hpp>

namespace outrigger::reference {

nlohmann::json record_facts() {
    nlohmann::json facts = nlohmann::json::array();
    for (const logging::SampleRecord& sample : logging::sample_records())
        facts.push_back({{"kind", sample.kind}, {"record", nlohmann::json::parse(sample.line)}});
    return facts;
}

}   // namespace outrigger::reference
