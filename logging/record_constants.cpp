// SPDX-License-Identifier: Apache-2.0
#include "record_constants.hpp"

#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/logging/logger.hpp>

#include <vector>

namespace outrigger::logging {
namespace {

// The members that `write` makes, without the braces around them.
template <class Write>
std::string members_of(Write write) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    write(json);
    const std::string_view object = json.finish();   // {...}\n
    return std::string{object.substr(1, object.size() - 3)};
}

void field_if_any(JsonWriter& json, Plain name, std::string_view value) {
    if (!value.empty()) json.field(name, value);
}

std::string head_of(const LoggerSettings& settings) {
    return members_of([&settings](JsonWriter& json) {
        json.plain("ecs.version", ecs_version);
        if (settings.service.empty() && settings.version.empty() && settings.environment.empty() &&
            settings.node.empty())
            return;
        json.open("service");
        field_if_any(json, "name", settings.service);
        field_if_any(json, "version", settings.version);
        field_if_any(json, "environment", settings.environment);
        if (!settings.node.empty()) json.field("node", "name", settings.node);
    });
}

std::string dataset_of(const LoggerSettings& settings) {
    if (!settings.dataset.empty()) return settings.dataset;
    return settings.service.empty() ? "application" : settings.service;
}


}   // namespace

RecordConstants::RecordConstants(const LoggerSettings& settings)
    : head{head_of(settings)},
      dataset{members_of([&settings](JsonWriter& json) { json.field("dataset", dataset_of(settings)); })},
      event{"\"event\":{" + dataset + "}"} {
    rename(settings.name);
}

void RecordConstants::rename(std::string_view name) {
    logger.clear();
    log.clear();
    if (name.empty()) return;
    logger = members_of([name](JsonWriter& json) { json.field("logger", name); });
    log = "\"log\":{" + logger + "}";
}

}   // namespace outrigger::logging
