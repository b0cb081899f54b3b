// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include <outrigger/core/clock.hpp>

#include "sidecar/demo/condition.hpp"
#include "sidecar/demo/shop.hpp"

namespace outrigger::demo {

// What befalls the shop, and when.
struct Step {
    int percent;   // of the demo's duration
    Member who;
    Condition becomes;
    std::string_view says;
};
inline constexpr std::array<Step, 4> steps{
    {{15, Member::users_2, Condition::failing, "users-2 breaks: it answers 503 to every call"},
     {40, Member::users_2, Condition::well, "users-2 is well again"},
     {50, Member::search, Condition::hanging, "search hangs: it takes requests and answers none"},
     {75, Member::search, Condition::well, "search is well again"}}};

// The outage drill: performs them.
class Drill {
public:
    Drill(Shop& shop, Duration duration) : shop_{shop}, duration_{duration} {}

    // Those that are due by now and were not before.
    [[nodiscard]] std::vector<std::string_view> perform(Duration elapsed) {
        std::vector<std::string_view> lines;
        for (; next_ < steps.size() && elapsed >= duration_ * steps[next_].percent / 100; ++next_) {
            shop_.become(steps[next_].who, steps[next_].becomes);
            lines.push_back(steps[next_].says);
        }
        return lines;
    }

private:
    Shop& shop_;
    const Duration duration_;
    std::size_t next_ = 0;
};

}  // namespace outrigger::demo
