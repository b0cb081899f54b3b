// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "sidecar/config/effective.hpp"
#include "sidecar/config/json_document.hpp"
#include "sidecar/config/load.hpp"
#include "sidecar/config/yaml_writer.hpp"

namespace outrigger::config {

std::string print(const Settings& settings) { return write_yaml(EffectiveWriter::node_of(settings)); }

std::string print_json(const Settings& settings) {
    return to_json(EffectiveWriter::node_of(settings)).dump(2);
}

}   // namespace outrigger::config
