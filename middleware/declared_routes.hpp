// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

#include <outrigger/metrics/http_call.hpp>

namespace outrigger::middleware {

// The routes that a program has named by their patterns, as templates with ids from 1 on. At most `most` patterns: what
// comes later is `other`. Thread-safe; templates live as long as this.
class DeclaredRoutes {
public:
    static constexpr std::uint32_t most = 1000;

    DeclaredRoutes() = default;
    DeclaredRoutes(const DeclaredRoutes&) = delete;
    DeclaredRoutes& operator=(const DeclaredRoutes&) = delete;

    // The pattern's route; it is taken up if it is new. Throws std::bad_alloc.
    [[nodiscard]] metrics::HttpRoute of(std::string_view pattern);

private:
    [[nodiscard]] const metrics::HttpRoute* find(std::string_view pattern) const;

    std::shared_mutex mutex_;   // guards all
    std::map<std::string, metrics::HttpRoute, std::less<>> routes_;   // by pattern
    std::deque<std::string> templates_;   // addresses never change
};

}   // namespace outrigger::middleware
