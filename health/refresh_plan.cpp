// SPDX-License-Identifier: Apache-2.0
#include "refresh_plan.hpp"

#include <algorithm>

namespace outrigger::health {

std::size_t RefreshPlan::add(Timing timing, Instant now) {
    checks_.push_back(
        {.timing = timing, .due = now, .tell_at = after(now, timing.stale_after), .since = now});
    return checks_.size() - 1;
}

// By up to a tenth either way, so that what started together does not stay in step.
Duration RefreshPlan::varied(Duration every) noexcept {
    return Duration{
        static_cast<Duration::rep>(static_cast<double>(every.count()) * (0.9 + 0.2 * rng_.fraction()))};
}

std::optional<std::size_t> RefreshPlan::take_due(Instant now) {
    std::optional<std::size_t> chosen;
    for (std::size_t i = 0; i < checks_.size(); ++i)
        if (!checks_[i].running && checks_[i].due <= now &&
            (!chosen || checks_[i].due < checks_[*chosen].due))
            chosen = i;
    if (!chosen) return std::nullopt;
    Check& check = checks_[*chosen];
    check.running = true;
    check.late = false;
    check.since = now;
    check.due = after(now, varied(check.timing.every));
    check.tell_at = after(after(now, check.timing.timeout), grace);
    return chosen;
}

RefreshPlan::Ended RefreshPlan::finish(std::size_t index, Instant now) {
    Check& check = checks_.at(index);
    const Ended ended{now - check.since, !check.late};
    check.running = false;
    check.since = now;
    check.tell_at = after(now, check.timing.stale_after);
    return ended;
}

std::vector<RefreshPlan::Overdue> RefreshPlan::overdue(Instant now) {
    std::vector<Overdue> found;
    for (std::size_t i = 0; i < checks_.size(); ++i) {
        Check& check = checks_[i];
        if (check.tell_at > now) continue;
        found.push_back({i, check.running, now - check.since, check.running && !check.late});
        check.late = check.running;
        check.tell_at = after(now, check.timing.every);
    }
    return found;
}

Instant RefreshPlan::next(bool slots) const noexcept {
    Instant first = never;
    for (const Check& check : checks_) {
        first = std::min(first, check.tell_at);
        if (slots && !check.running) first = std::min(first, check.due);
    }
    return first;
}

}   // namespace outrigger::health
