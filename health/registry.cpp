// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/registry.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace outrigger::health {
namespace {

// An optional check that is down costs the page its `ok` and nothing more.
Status shown_as(Status status, bool optional) noexcept {
    const bool down = status == Status::down || status == Status::unchecked;
    return down && optional ? Status::degraded : status;
}

std::string silence_message(Duration silence) {
    return "no sign of life for " +
           std::to_string(std::chrono::floor<std::chrono::seconds>(silence).count()) + " s";
}

void refuse_name(std::string_view what, std::string_view name, std::string_view why) {
    throw std::invalid_argument(std::string{what} + " \"" + std::string{name} + "\" " + std::string{why});
}

}  // namespace

Registry::Registry(Settings settings) : settings_{settings}, published_{render()} {}

bool Registry::taken(std::string_view name) const noexcept {
    return std::any_of(checks_.begin(), checks_.end(),
                       [name](const auto& check) { return check.key == name; }) ||
           std::any_of(workers_.begin(), workers_.end(),
                       [name](const auto& worker) { return worker.name == name; });
}

CheckHandle Registry::add(std::string key, CheckSettings settings) {
    if (key.empty()) throw std::invalid_argument("a health check needs a name");
    if (taken(key)) refuse_name("health check", key, "is there already");
    if (settings.damping.fail_after == 0 || settings.damping.recover_after == 0)
        refuse_name("health check", key, "has fail_after or recover_after 0; at least 1 is allowed");
    auto& added = checks_.emplace_back(Registered{std::move(key), settings, Check{settings.damping}, {}});
    added.body = entry_body(added.check.shown(), shown_as(added.check.status(), settings.optional));
    published_.publish(render());
    return CheckHandle{checks_.size() - 1};
}

std::optional<CheckChanged> Registry::report(CheckHandle check, Outcome outcome) {
    Registered& reported = checks_.at(check.index);
    const auto change = reported.check.report(std::move(outcome));
    const Outcome& shown = reported.check.shown();
    reported.body = entry_body(shown, shown_as(reported.check.status(), reported.settings.optional));
    published_.publish(render());
    if (!change) return std::nullopt;
    return CheckChanged{reported.key, change->from, change->to, shown.message, reported.settings.optional};
}

Heartbeat& Registry::watch(std::string worker, Instant now) {
    if (worker.empty()) throw std::invalid_argument("a watched worker needs a name");
    if (taken(worker)) refuse_name("worker", worker, "has a name that is taken");
    return workers_.emplace_back(std::move(worker), now).heartbeat;
}

std::vector<WorkerChanged> Registry::look(Instant now) {
    std::vector<WorkerChanged> changes;
    bool stale = false;
    for (auto& worker : workers_) {
        const Duration silence = worker.heartbeat.silence(now);
        const bool stuck = silence >= settings_.wedged_after;
        if (stuck) worker.body = entry_body(down(silence_message(silence)), Status::down);
        if (stuck != worker.stuck) changes.push_back({worker.name, stuck, silence});
        stale = stale || stuck || worker.stuck;
        worker.stuck = stuck;
    }
    if (stale) published_.publish(render());
    return changes;
}

bool Registry::begin_drain() {
    if (std::exchange(draining_, true)) return false;
    published_.publish(render());
    return true;
}

std::shared_ptr<const Pages> Registry::render() const {
    const auto stuck = stuck_workers();
    auto all = checks(Selection::all);
    all.insert(all.end(), stuck.begin(), stuck.end());
    return std::make_shared<const Pages>(Pages{.health = document(all, draining_),
                                               .live = document(stuck, false),
                                               .ready = document(checks(Selection::ready), draining_),
                                               .startup = document(startup_checks(), false)});
}

std::vector<Entry> Registry::checks(Selection selection) const {
    std::vector<Entry> entries;
    for (const auto& check : checks_)
        if (selection == Selection::all || check.settings.group == Group::ready)
            entries.push_back(
                {check.key, shown_as(check.check.status(), check.settings.optional), check.body});
    return entries;
}

// A required check that was up once stays up here, whatever becomes of it.
std::vector<Entry> Registry::startup_checks() const {
    std::vector<Entry> entries;
    for (const auto& check : checks_) {
        if (check.settings.optional) continue;
        if (check.check.was_up())
            entries.push_back({check.key, Status::up, "{\"status\":\"up\"}"});
        else
            entries.push_back({check.key, check.check.status(), check.body});
    }
    return entries;
}

std::vector<Entry> Registry::stuck_workers() const {
    std::vector<Entry> entries;
    for (const auto& worker : workers_)
        if (worker.stuck) entries.push_back({worker.name, Status::down, worker.body});
    return entries;
}

}  // namespace outrigger::health
