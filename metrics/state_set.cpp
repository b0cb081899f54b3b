// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/state_set.hpp>

namespace outrigger::metrics {
namespace {

std::uint64_t bit(std::size_t state) noexcept { return state < 64 ? std::uint64_t{1} << state : 0; }

}  // namespace

void StateSet::set(std::size_t state, bool on) const noexcept {
    if (on)
        series_->on.fetch_or(bit(state), std::memory_order_relaxed);
    else
        series_->on.fetch_and(~bit(state), std::memory_order_relaxed);
}

void StateSet::only(std::size_t state) const noexcept { series_->on.store(bit(state), std::memory_order_relaxed); }

bool StateSet::is_set(std::size_t state) const noexcept {
    return (series_->on.load(std::memory_order_relaxed) & bit(state)) != 0;
}

void StateSet::Series::append_to(MetricFamily& family, const Labels& labels, WallTime) const {
    const std::uint64_t now = on.load(std::memory_order_relaxed);   // once: the states belong together
    std::vector<Label> all{labels.all().begin(), labels.all().end()};
    all.push_back({family.name, {}});
    for (std::size_t i = 0; i < shape_->settings.states.size(); ++i) {
        all.back().value = shape_->settings.states[i];
        family.numbers.push_back({.labels = Labels{all}, .value = (now & bit(i)) != 0 ? 1.0 : 0.0});
    }
}

}  // namespace outrigger::metrics
