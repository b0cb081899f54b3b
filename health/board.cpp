// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/board.hpp>

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

// What a dependency says goes to every probe, and stays in the history: no longer than this.
constexpr std::size_t text_max = 256;

// Between characters if it is UTF-8, whose characters have at most three bytes after the first.
void cut(std::string& text) {
    if (text.size() <= text_max) return;
    std::size_t end = text_max;
    for (int i = 0; i < 3 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U; ++i) --end;
    text.resize(end);
    text.shrink_to_fit();
}

void cut_texts(Outcome& outcome) {
    cut(outcome.message);
    for (Detail& detail : outcome.details)
        if (auto* text = std::get_if<std::string>(&detail.value)) cut(*text);
}

[[noreturn]] void refuse_name(std::string_view what, std::string_view name, std::string_view why) {
    throw std::invalid_argument(std::string{what} + " \"" + std::string{name} + "\" " + std::string{why});
}

std::shared_ptr<const Standing> standing(std::string key, Status status, Status shown, Outcome outcome,
                                         std::optional<Duration> took) {
    std::string body = entry_body(outcome, shown);
    return std::make_shared<const Standing>(
        Standing{std::move(key), status, shown, std::move(outcome), took, std::move(body)});
}

}   // namespace

Page::Page(Standings standings, bool draining)
    : Document{document(standings, draining)}, standings_{std::move(standings)}, draining_{draining} {}

const Document& Page::in(Format format) const {
    if (format == Format::terminus12) return *this;
    Other& other = others_[static_cast<std::size_t>(format)];
    std::call_once(other.once, [&] { other.document = document(standings_, draining_, format); });
    return other.document;
}

const Page* Pages::find(std::string_view name) const noexcept {
    const auto found =
        std::find_if(own.begin(), own.end(), [&](const OwnPage& one) { return one.name == name; });
    return found == own.end() ? nullptr : &found->page;
}

Board::Board(BoardSettings settings) : settings_{settings}, published_{std::make_shared<Published<Pages>>(render())} {}

bool Board::taken(std::string_view name) const noexcept {
    return std::any_of(checks_.begin(), checks_.end(),
                       [name](const auto& check) { return check.key == name; }) ||
           std::any_of(workers_.begin(), workers_.end(),
                       [name](const auto& worker) { return worker.name == name; });
}

Board::Registered* Board::find(std::string_view key) noexcept {
    const auto found =
        std::find_if(checks_.begin(), checks_.end(), [&](const auto& one) { return one.key == key; });
    return found == checks_.end() ? nullptr : &*found;
}

void Board::refuse_bad(std::string_view key, const CheckSettings& settings) const {
    if (key.empty()) throw std::invalid_argument("a health check needs a name");
    if (settings.damping.fail_after == 0 || settings.damping.recover_after == 0)
        refuse_name("health check", key, "has fail_after or recover_after 0; at least 1 is allowed");
    if (settings.group != Group::own) return;
    if (settings.page.empty())
        refuse_name("health check", key, "has a group of its own without the name of a page");
    for (const std::string_view ours : {"live", "ready", "startup"})
        if (settings.page == ours)
            refuse_name("health check", key, "has a group of its own that is called " + settings.page);
}

Board::Registered& Board::put(std::string key, CheckSettings settings) {
    const DampingSettings damping = settings.damping;
    return checks_.emplace_back(Registered{std::move(key), std::move(settings), Check{damping}, false, {}});
}

CheckHandle Board::add(std::string key, CheckSettings settings) {
    refuse_bad(key, settings);
    Registered* known = find(key);
    if (known ? !known->expected : taken(key)) refuse_name("health check", key, "is there already");
    if (known) {
        known->check = Check{settings.damping};
        known->settings = std::move(settings);
        known->expected = false;
    } else {
        known = &put(std::move(key), std::move(settings));
    }
    stand(*known, {});
    published_->publish(render());
    const auto place =
        std::find_if(checks_.begin(), checks_.end(), [&](const auto& one) { return &one == known; });
    return CheckHandle{static_cast<std::size_t>(place - checks_.begin())};
}

void Board::expect(std::string key, CheckSettings settings) {
    refuse_bad(key, settings);
    if (taken(key)) refuse_name("health check", key, "is there already");
    Registered& added = put(std::move(key), std::move(settings));
    added.expected = true;
    added.standing =
        standing(added.key, Status::unchecked, shown_as(Status::unchecked, added.settings.optional),
                 down("expected, but not added yet"), {});
    published_->publish(render());
}

void Board::stand(Registered& check, std::optional<Duration> took) {
    const Status status = check.check.status();
    check.standing =
        standing(check.key, status, shown_as(status, check.settings.optional), check.check.shown(), took);
}

std::optional<CheckChanged> Board::report(CheckHandle check, Outcome outcome, const Run& run) {
    Registered& reported = checks_.at(check.index);
    cut_texts(outcome);
    const auto change = reported.check.report(std::move(outcome), run.at_once);
    stand(reported, run.took);
    published_->publish(render());
    if (!change) return std::nullopt;
    const std::string& message = reported.check.shown().message;
    if (transitions_.size() == transitions_max) transitions_.pop_front();
    transitions_.push_back({run.at, reported.key, change->from, change->to, message});
    return CheckChanged{reported.key, change->from, change->to, message, reported.settings.optional};
}

Heartbeat& Board::watch(std::string worker, Instant now) {
    if (worker.empty()) throw std::invalid_argument("a watched worker needs a name");
    if (taken(worker)) refuse_name("worker", worker, "has a name that is taken");
    return workers_.emplace_back(std::move(worker), now).heartbeat;
}

std::vector<WorkerChanged> Board::look(Instant now) {
    std::vector<WorkerChanged> changes;
    bool stale = false;
    for (auto& worker : workers_) {
        const Duration silence = worker.heartbeat.silence(now);
        const bool was_stuck = worker.standing != nullptr;
        const bool stuck = silence >= settings_.wedged_after;
        if (stuck != was_stuck) changes.push_back({worker.name, stuck, silence});
        worker.standing =
            stuck ? standing(worker.name, Status::down, Status::down, down(silence_message(silence)), {})
                  : nullptr;
        stale = stale || stuck || was_stuck;
    }
    if (stale) published_->publish(render());
    return changes;
}

bool Board::begin_drain() {
    if (std::exchange(draining_, true)) return false;
    published_->publish(render());
    return true;
}

std::shared_ptr<const Pages> Board::render() const {
    const Standings stuck = stuck_workers();
    const Standings checks = selected([](const Registered&) { return true; });
    Standings all = checks;
    all.insert(all.end(), stuck.begin(), stuck.end());
    Standings ready = selected([](const Registered& check) { return check.settings.group == Group::ready; });
    // Not make_shared: pages stay where they are made.
    return std::shared_ptr<const Pages>{new Pages{.health = Page{std::move(all), draining_},
                                                  .live = Page{stuck, false},
                                                  .ready = Page{std::move(ready), draining_},
                                                  .startup = Page{startup_checks(), false},
                                                  .own = own_pages(),
                                                  .checks = checks}};
}

template <class Selects>
Standings Board::selected(Selects selects) const {
    Standings standings;
    for (const auto& check : checks_)
        if (selects(check)) standings.push_back(check.standing);
    return standings;
}

// A required check that was up once stays up here, whatever becomes of it.
Standings Board::startup_checks() const {
    Standings standings;
    for (const auto& check : checks_) {
        if (check.settings.optional || check.settings.group == Group::own) continue;
        if (check.check.was_up())
            standings.push_back(standing(check.key, Status::up, Status::up, up(), {}));
        else
            standings.push_back(check.standing);
    }
    return standings;
}

Standings Board::stuck_workers() const {
    Standings standings;
    for (const auto& worker : workers_)
        if (worker.standing) standings.push_back(worker.standing);
    return standings;
}

std::deque<OwnPage> Board::own_pages() const {
    std::deque<OwnPage> pages;
    for (const auto& check : checks_) {
        const std::string& name = check.settings.page;
        const bool known =
            std::any_of(pages.begin(), pages.end(), [&](const auto& one) { return one.name == name; });
        if (check.settings.group != Group::own || known) continue;
        const auto on_it = [&](const Registered& one) {
            return one.settings.group == Group::own && one.settings.page == name;
        };
        pages.emplace_back(name, selected(on_it), draining_);
    }
    return pages;
}

}   // namespace outrigger::health
