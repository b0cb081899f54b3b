// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/examples.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "sidecar/demo/calls.hpp"

namespace outrigger::demo {
namespace {

using Json = nlohmann::json;

// The better one of those that have been seen; a later one in the page is an older one.
class Best {
public:
    void consider(int rank, const Json& entry) {
        if (rank <= rank_) return;
        rank_ = rank;
        found_ = {.request = entry.value("method", "") + ' ' + entry.value("path", ""),
                  .upstream = entry.value("upstream", ""),
                  .sentence = entry.value("explained", ""),
                  .request_id = entry.value("request_id", "")};
    }
    std::optional<Explained> take() && { return rank_ > 0 ? std::optional{std::move(found_)} : std::nullopt; }

private:
    int rank_ = 0;
    Explained found_;
};

bool protected_call(const Json& entry) {
    return entry.is_object() &&
           std::find(callees.begin(), callees.end(), entry.value("upstream", "")) != callees.end();
}

// At another endpoint, after another reason than chance.
int rank_of_saved(const Json& entry) { return entry.value("upstream", "") == callees[0] ? 2 : 1; }
// The circuit's word for it is the one that a newcomer has not met.
int rank_of_failed(const Json& entry) { return entry.value("reason", "") == "circuit_open" ? 2 : 1; }

}  // namespace

Examples examples_from(std::string_view page) {
    Best saved;
    Best failed;
    const Json parsed = Json::parse(page, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("requests")) return {};
    try {
        for (const Json& entry : parsed["requests"]) {
            if (!protected_call(entry)) continue;
            if (entry.value("status", 0) >= 500)
                failed.consider(rank_of_failed(entry), entry);
            else if (entry.value("attempts", Json::array()).size() > 1)
                saved.consider(rank_of_saved(entry), entry);
        }
    } catch (const Json::exception&) {   // a member of another type: no page of ours
        return {};
    }
    return {std::move(saved).take(), std::move(failed).take()};
}

}  // namespace outrigger::demo
