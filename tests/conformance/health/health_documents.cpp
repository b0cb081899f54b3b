// SPDX-License-Identifier: Apache-2.0
// What the library answers for checks that a configuration file cannot name: health_documents ROUTES
//
// ROUTES is a file as routes.json. Writes {"route": {"status": 200, "type": "...", "cache": "...", "body": "..."}} for
// those that are `by` the library: checks of an app's own, and its heap where malloc tells of it.
#include <outrigger/health/document.hpp>
#include <outrigger/health/indicators.hpp>
#include <outrigger/health/registry.hpp>

#include <malloc.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <latch>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

namespace {

using namespace outrigger;
using Json = nlohmann::ordered_json;

health::Outcome outcome_of(const Json& check) {
    const std::string status = check.at("custom");
    health::Outcome outcome{.status = status == "up"         ? health::Status::up
                                      : status == "degraded" ? health::Status::degraded
                                                             : health::Status::down,
                            .message = check.value("message", "")};
    const Json details = check.value("details", Json::object());   // items() does not keep it
    for (const auto& [key, value] : details.items()) {
        if (value.is_string())
            outcome.details.push_back({key, value.get<std::string>()});
        else
            outcome.details.push_back({key, value.get<std::int64_t>()});
    }
    return outcome;
}

// Does not care for the deadline.
void hang(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock{mutex};
    std::condition_variable_any{}.wait(lock, stop, [] { return false; });
}

// Terminus shows the response time of what is attempted.
health::Indicator attempt(const std::string& what, const std::string& message) {
    health::Indicator indicator = health::custom([what, message](const health::Probe& probe) {
        if (what == "throws") throw std::runtime_error{message};
        if (what == "hangs") hang(probe.stop_token());
        return health::up();
    });
    indicator.timed = true;
    return indicator;
}

health::Indicator indicator_of(const Json& check) {
    if (check.contains("heap"))
        return health::memory(Bytes{check.at("heap") == "1B" ? 1ULL : 1ULL << 40U}, health::MemoryOf::self_heap);
    if (check.contains("attempt")) return attempt(check.at("attempt"), check.value("message", ""));
    return health::custom([outcome = outcome_of(check)] { return outcome; });
}

Json answer(const Json& checks) {
    std::latch checked{static_cast<std::ptrdiff_t>(checks.size())};   // each changes once: nothing runs twice
    health::Registry registry{{.refresh = std::chrono::hours{1},
                               .on_change = [&checked](const health::CheckChanged&) { checked.count_down(); }}};
    for (const auto& [key, check] : checks.items()) {
        health::CheckSettings settings;
        settings.timeout = std::chrono::milliseconds{std::stoi(check.value("timeout", "5000ms"))};
        registry.ready(key, indicator_of(check), settings);
    }
    checked.wait();
    const auto pages = registry.pages();
    return {{"status", pages->health.status},
            {"type", std::string{health::content_type(health::Format::terminus12)}},
            {"cache", std::string{health::document_cache_control}},
            {"body", pages->health.body}};
}

}   // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    std::ifstream file{arguments[1]};
    const Json routes = Json::parse(file);
    const bool heap_is_told = ::mallinfo2().uordblks > 0;   // not by a sanitizer's malloc
    Json answers;
    for (const auto& [route, given] : routes.items())
        if (given.value("by", "") == "library" && (heap_is_told || !given.at("checks").contains("heap")))
            answers[route] = answer(given.at("checks"));
    std::cout << answers << '\n';
}
