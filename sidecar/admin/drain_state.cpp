// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/drain_state.hpp"

#include <nlohmann/json.hpp>

namespace outrigger::admin {
namespace {

bool is_flag(const nlohmann::json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_boolean();
}
bool is_count(const nlohmann::json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_unsigned();
}

}  // namespace

std::string to_json(const DrainState& state) {
    const auto word = [](bool flag) { return std::string{flag ? "true" : "false"}; };
    return "{\"draining\":" + word(state.draining) + ",\"ended\":" + word(state.ended) +
           ",\"exchanges\":" + std::to_string(state.exchanges) + ",\"cut\":" + std::to_string(state.cut) + "}\n";
}

std::optional<DrainState> drain_state_of(std::string_view json) {
    const auto parsed = nlohmann::json::parse(json, nullptr, false);   // does not throw
    if (!parsed.is_object() || !is_flag(parsed, "draining") || !is_flag(parsed, "ended") ||
        !is_count(parsed, "exchanges") || !is_count(parsed, "cut"))
        return std::nullopt;
    return DrainState{parsed["draining"], parsed["ended"], parsed["exchanges"], parsed["cut"]};
}

}  // namespace outrigger::admin
