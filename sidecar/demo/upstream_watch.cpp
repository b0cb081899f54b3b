// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/upstream_watch.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

namespace outrigger::demo {
namespace {

using Json = nlohmann::json;

// Nothing to say: of probes, which come and go, and of a state that it always had.
std::string circuit_sentence(const std::string& upstream, const std::string& before, const std::string& now) {
    if (now == "open" && before == "closed")
        return "the circuit of " + upstream + " opens: its calls are refused at once";
    if (now == "closed" && before != now)
        return "the circuit of " + upstream + " closes: its calls pass again";
    return {};
}

std::string endpoint_sentence(const std::string& name, const std::string& now) {
    return name + (now == "ejected" ? " is ejected: the others get its calls" : " gets calls again");
}

std::string text_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

const Json& member_of(const Json& object, const char* name) {
    static const Json none;
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() ? *found : none;
}

}  // namespace

UpstreamWatch::UpstreamWatch(const Shop& shop) {
    const std::string port = ':' + std::to_string(shop.port(Callee::users));
    for (std::size_t i = 0; i < Shop::users_hosts.size(); ++i)
        member_names_[Shop::users_hosts[i] + port] = members[i];
}

std::vector<std::string> UpstreamWatch::changes(std::string_view page) {
    std::vector<std::string> lines;
    const Json parsed = Json::parse(page, nullptr, false);
    for (const Json& upstream : member_of(parsed, "upstreams")) {
        if (!upstream.is_object()) continue;
        const std::string name = text_of(upstream, "upstream");
        if (std::find(callees.begin(), callees.end(), name) == callees.end()) continue;
        std::string& circuit = states_.try_emplace(name, "closed").first->second;
        const std::string now = text_of(member_of(upstream, "circuit"), "state");
        if (std::string line = circuit_sentence(name, circuit, now); !line.empty())
            lines.push_back(std::move(line));
        if (!now.empty()) circuit = now;
        for (const Json& endpoint : member_of(upstream, "endpoints")) {
            const std::string address = endpoint.is_object() ? text_of(endpoint, "endpoint") : "";
            const auto known = member_names_.find(address);
            const std::string state = address.empty() ? "" : text_of(endpoint, "state");
            std::string& before = states_.try_emplace(address, "healthy").first->second;
            if (!state.empty() && state != before)
                lines.push_back(
                    endpoint_sentence(known == member_names_.end() ? address : known->second, state));
            if (!state.empty()) before = state;
        }
    }
    return lines;
}

}  // namespace outrigger::demo
