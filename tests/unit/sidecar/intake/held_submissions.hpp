// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sidecar/intake/posts.hpp"

namespace outrigger::intake {

// A shipper that a test plays: it holds what is submitted until it is told what to say.
struct HeldSubmissions {
    Submit submit() {
        return [this](logging::Submission submission, std::function<void(const Result<void>&)> done) {
            if (full) return false;
            taken.push_back(std::move(submission));
            waiting.push_back(std::move(done));
            if (at_once) answer(Result<void>{});
            return true;
        };
    }
    void answer(const Result<void>& result) {
        for (auto& done : std::exchange(waiting, {})) done(result);
    }
    [[nodiscard]] std::string lines() const {
        std::string all;
        for (const logging::Submission& submission : taken)
            for (const logging::Submission::Part& part : submission.parts) all += part.lines;
        return all;
    }

    bool full = false;
    bool at_once = false;
    std::vector<logging::Submission> taken;
    std::vector<std::function<void(const Result<void>&)>> waiting;
};

}   // namespace outrigger::intake
