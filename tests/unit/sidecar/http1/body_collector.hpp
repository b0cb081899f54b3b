// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sidecar/http1/http_stream.hpp"

namespace outrigger::http1 {

// A sink as the contract has it: what is written counts only once it was pushed, and is read then, not
// before.
class BodyCollector final : public BodySink {
public:
    void write_body(std::string_view payload) noexcept override { gathered_.push_back(payload); }
    void end_body(std::string_view with_trailers) noexcept override {
        ended = true;
        trailers = with_trailers;
    }
    [[nodiscard]] Result<void> push() noexcept override {
        for (const std::string_view payload : gathered_) body.append(payload);
        gathered_.clear();
        if (fault) return *fault;
        return {};
    }

    [[nodiscard]] bool congested() const noexcept override { return false; }
    [[nodiscard]] Task<Result<void>> drained(Wait) override { co_return Result<void>{}; }

    std::string body;
    std::string trailers;
    bool ended = false;
    std::optional<Fault> fault;

private:
    std::vector<std::string_view> gathered_;
};

}   // namespace outrigger::http1
