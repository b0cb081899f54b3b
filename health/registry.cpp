// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/registry.hpp>

#include <chrono>
#include <new>
#include <stdexcept>
#include <utility>

#include "refresher.hpp"

namespace outrigger::health {
namespace {

// Longer ones are mistakes, and sums of them would overflow.
constexpr Duration longest = std::chrono::days{366};
bool makes_sense(Duration length) noexcept { return length > Duration::zero() && length <= longest; }

const Settings& checked(const Settings& settings) {
    if (!makes_sense(settings.refresh) || !makes_sense(settings.timeout))
        throw std::invalid_argument("health: refresh and timeout are longer than nothing and at most a year");
    if (settings.threads == 0) throw std::invalid_argument("health: checks need at least 1 thread");
    return settings;
}

Timing timing_of(const std::string& key, const CheckSettings& check, const Settings& settings) {
    Timing timing{check.every.value_or(settings.refresh), check.timeout.value_or(settings.timeout), {}};
    if (!makes_sense(timing.every) || !makes_sense(timing.timeout) ||
        !makes_sense(check.stale_after.value_or(longest)))
        throw std::invalid_argument(
            "health check \"" + key +
            "\": every, timeout and stale_after are longer than nothing and at most a year");
    timing.stale_after = check.stale_after.value_or(3 * timing.every + timing.timeout);
    return timing;
}

}   // namespace

Registry::Registry(Settings settings)
    : settings_{checked(settings)}, board_(BoardSettings{settings_.wedged_after}) {}

Registry::~Registry() {
    try {
        (void)begin_drain();   // nobody looks any more: whoever still reads the pages must not find us well
    } catch (const std::bad_alloc&) {
        // They say what they said last.
    }
}

CheckHandle Registry::ready(std::string key, Indicator indicator, CheckSettings settings) {
    settings.group = Group::ready;
    return add(std::move(key), std::move(indicator), std::move(settings));
}

CheckHandle Registry::startup(std::string key, Indicator indicator, CheckSettings settings) {
    settings.group = Group::startup;
    return add(std::move(key), std::move(indicator), std::move(settings));
}

CheckHandle Registry::add(std::string key, Indicator indicator, CheckSettings settings) {
    if (!indicator.run) throw std::invalid_argument("health check \"" + key + "\" has nothing to run");
    const Timing timing = timing_of(key, settings, settings_);
    const CheckHandle handle = add(std::move(key), std::move(settings));
    refresher().add(handle.index, std::move(indicator), timing);
    return handle;
}

CheckHandle Registry::add(std::string key, CheckSettings settings) {
    const std::scoped_lock lock{mutex_};
    return board_.add(std::move(key), std::move(settings));
}

// Once made it stays; what it reports takes our mutex below its own, so that it is never called with ours held.
Refresher& Registry::refresher() {
    const std::scoped_lock lock{mutex_};
    if (!refresher_)
        refresher_ = std::make_unique<Refresher>(
            clock_, Rng::from_system(), settings_.threads,
            [this](std::size_t check, Refresher::Result result) {
                report({check}, std::move(result.outcome), {clock_.wall(), result.took, result.stale});
            },
            settings_.execute);
    return *refresher_;
}

void Registry::report(CheckHandle check, Outcome outcome) {
    report(check, std::move(outcome), {clock_.wall(), {}, false});
}

void Registry::report(CheckHandle check, Outcome outcome, const Run& run) {
    const std::scoped_lock lock{mutex_};
    const auto changed = board_.report(check, std::move(outcome), run);
    if (!changed || !settings_.on_change) return;
    try {
        settings_.on_change(*changed);
    } catch (...) {
        // An observer's own fault: the check has changed all the same, and nobody here could do anything about it.
    }
}

void Registry::expect(std::string key, CheckSettings settings) {
    const std::scoped_lock lock{mutex_};
    board_.expect(std::move(key), std::move(settings));
}

std::vector<std::string> Registry::stop(Duration at_most) {
    Refresher* running = nullptr;
    {
        const std::scoped_lock lock{mutex_};
        running = refresher_.get();
    }
    std::vector<std::string> names;
    if (!running) return names;
    const std::vector<std::size_t> left = running->stop(at_most);
    const auto pages = this->pages();
    for (const std::size_t check : left) names.push_back(pages->checks.at(check)->key);
    return names;
}

Heartbeat& Registry::watch(std::string worker, Instant now) {
    const std::scoped_lock lock{mutex_};
    return board_.watch(std::move(worker), now);
}

std::vector<WorkerChanged> Registry::look(Instant now) {
    const std::scoped_lock lock{mutex_};
    return board_.look(now);
}

bool Registry::begin_drain() {
    const std::scoped_lock lock{mutex_};
    return board_.begin_drain();
}

bool Registry::draining() const {
    const std::scoped_lock lock{mutex_};
    return board_.draining();
}

std::vector<Transition> Registry::transitions() const {
    const std::scoped_lock lock{mutex_};
    return {board_.transitions().begin(), board_.transitions().end()};
}

}   // namespace outrigger::health
