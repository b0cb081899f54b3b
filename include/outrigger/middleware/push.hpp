// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/push.hpp>
#include <outrigger/metrics/registry.hpp>

#include <chrono>
#include <string>

namespace outrigger::middleware {

struct PushSettings {
    std::string
        url;   // of the Pushgateway: http://pushgateway:9091, with a path before /metrics if it has one
    metrics::PushGroup group;
    Duration timeout = std::chrono::seconds{10};   // for all of it
};

struct PushOutcome {
    bool ok = false;
    int status = 0;     // 0: there was no answer
    std::string why;    // a sentence, if it is not ok
};

// Pushes what the registry has, or removes the group. Blocks until the Pushgateway has answered or the timeout has
// passed. Any thread; several pushes at once are independent. Nothing throws but std::invalid_argument for a group
// that is none (push_path()) and std::bad_alloc. libcurl is initialised by the first call; a program that uses it
// from several threads before that initialises it itself, as libcurl demands.
[[nodiscard]] PushOutcome push(const metrics::Registry& registry, const PushSettings& settings,
                               metrics::PushVerb verb = metrics::PushVerb::replace);

}  // namespace outrigger::middleware
