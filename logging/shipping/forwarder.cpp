// SPDX-License-Identifier: Apache-2.0
#include "forwarder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;
using resilience::Verdict;

constexpr int rounds_max = 64;             // in one turn, so that others have theirs
constexpr Duration retry_after_max = 1h;   // a receiver that asks for more is asked again all the same

// A few failures in a row, since a host that is down fails every time: then one call at a time finds out whether it is
// back, as often as the longest pause says.
resilience::Breaker breaker_of(const resilience::Backoff& backoff) {
    return {.consecutive = 5, .open_for = std::clamp<Duration>(backoff.max, 10ms, 1h), .probes = 1, .probe_lease = 1h};
}

}   // namespace

std::size_t end_of_lines(std::string_view lines, std::uint32_t records) noexcept {
    std::size_t end = 0;
    for (; records > 0 && end < lines.size(); --records) {
        const std::size_t newline = lines.find('\n', end);
        end = newline == std::string_view::npos ? lines.size() : newline + 1;
    }
    return end;
}

Forwarder::Forwarder(const Settings& settings, std::vector<Host> hosts, Rng rng) : settings_{settings}, rng_{rng} {
    for (Host& host : hosts) {
        auto breaker = std::make_unique<resilience::CircuitBreaker>(breaker_of(settings.backoff), host.name);
        routes_.push_back({.host = std::move(host), .breaker = std::move(breaker)});
    }
}

void Forwarder::offer(Batch batch) {
    cursor_ = std::max(cursor_, batch.id);
    const auto [it, is_new] = consignments_.try_emplace(batch.id);
    if (!is_new) return;
    it->second = {.records = batch.records, .fate = {.batch = batch.id}};
    waiting_.push_back({.batch = batch.id, .records = batch.records, .lines = std::move(batch.lines)});
}

// What was given out may have been taken at once: then there is more to do.
void Forwarder::advance(Instant now) {
    collect(now);
    for (int rounds = rounds_max; rounds > 0 && dispatch(now); --rounds) collect(now);
}

void Forwarder::collect(Instant now) {
    for (Route& route : routes_) {
        route.host.sender->advance(now, outcomes_);
        for (Outcome& outcome : outcomes_) ended(route, outcome, now);
        outcomes_.clear();
    }
}

// Whether anything was given out.
bool Forwarder::dispatch(Instant now) {
    bool any = false;
    next_try_ = never;
    while (!waiting_.empty()) {
        Route* const route = pick(now);
        if (!route) break;
        send(*route, now);
        any = true;
    }
    return any;
}

// A host that does not rest but is busy is waited for: nobody stands in for it.
Forwarder::Route* Forwarder::pick(Instant now) {
    next_try_ = never;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const std::size_t candidate = (current_ + i) % routes_.size();
        Route& route = routes_[candidate];
        if (route.rests_until <= now) {
            if (!route.host.sender->ready()) return nullptr;
            auto permit = route.breaker->try_acquire(now, rng_);
            if (permit) {
                route.permits.push_back(*std::move(permit));
                current_ = candidate;
                return &route;
            }
            route.rests_until = after(now, std::max<Duration>(permit.error().retry_after, 10ms));
        }
        next_try_ = std::min(next_try_, route.rests_until);
    }
    return nullptr;
}

void Forwarder::send(Route& route, Instant now) {
    Parcel parcel = std::move(waiting_.front());
    waiting_.pop_front();
    route.batches.push_back(parcel.batch);
    ++attempts_;
    route.host.sender->send(std::move(parcel), now);
}

void Forwarder::ended(Route& route, Outcome& outcome, Instant now) {
    switch (outcome.kind) {
        case Outcome::Kind::delivered:
            end_permit(route, Verdict::success, now);
            well(route);
            delivered(outcome.parcel.batch, outcome.parcel.records);
            return;
        case Outcome::Kind::judged: {
            const bool all = outcome.parcel.records == 0;
            end_permit(route, all || outcome.busy || outcome.delivered > 0 ? Verdict::success : Verdict::failure, now);
            if (all) well(route);
            const auto batch = outcome.parcel.batch;
            if (auto it = consignments_.find(batch); it != consignments_.end())
                std::ranges::move(outcome.quarantined, std::back_inserter(it->second.fate.quarantined));
            if (!all) failed(route, outcome, now);
            if (!all) again(outcome, now);
            return delivered(batch, outcome.delivered);
        }
        case Outcome::Kind::again:
            end_permit(route, outcome.busy ? Verdict::neutral : Verdict::failure, now);
            failed(route, outcome, now);
            return again(outcome, now);
        case Outcome::Kind::too_large:
        case Outcome::Kind::refused:
            end_permit(route, Verdict::success, now);
            well(route);
            return halve_or_set_aside(
                std::move(outcome.parcel),
                outcome.kind == Outcome::Kind::too_large ? Rejection::too_large : Rejection::rejected, outcome.detail);
        case Outcome::Kind::forbidden:
            end_permit(route, Verdict::neutral, now);
            ++failed_attempts_;
            trouble_ = route.host.name + ": " + outcome.detail;
            route.rests_until = after(now, settings_.forbidden_pause);
            waiting_.push_front(std::move(outcome.parcel));
            return;
        case Outcome::Kind::lost:
            failed(route, outcome, now);
            return rewind(route, now);
    }
}

void Forwarder::end_permit(Route& route, Verdict verdict, Instant now) {
    if (route.permits.empty()) return;
    route.permits.front().settle(verdict, now, rng_);
    route.permits.pop_front();
    route.batches.pop_front();
}

void Forwarder::well(Route& route) {
    route.failures = 0;
    route.last_pause = {};
    trouble_.clear();
}

void Forwarder::failed(Route& route, const Outcome& outcome, Instant now) {
    ++failed_attempts_;
    ++route.failures;
    trouble_ = route.host.name + ": " + outcome.detail;
    rest(route, outcome, now);
}

void Forwarder::rest(Route& route, const Outcome& outcome, Instant now) {
    route.last_pause = resilience::pause(settings_.backoff, route.failures, route.last_pause, rng_);
    const Duration wish = std::clamp<Duration>(outcome.retry_after.value_or(0ns), 0ns, retry_after_max);
    route.rests_until = after(now, std::max(route.last_pause, wish));
}

void Forwarder::delivered(std::int64_t batch, std::uint32_t records) {
    if (records > 0) ++taken_;
    const auto it = consignments_.find(batch);
    if (it == consignments_.end()) return;
    it->second.fate.delivered += records;
    conclude_if_whole(it);
}

void Forwarder::conclude_if_whole(std::map<std::int64_t, Consignment>::iterator it) {
    if (it->second.fate.delivered + it->second.fate.quarantined.size() < it->second.records) return;
    fates_.push_back(std::move(it->second.fate));
    consignments_.erase(it);
}

void Forwarder::set_aside(Parcel parcel, Rejection reason, const std::string& detail) {
    const auto it = consignments_.find(parcel.batch);
    if (it == consignments_.end()) return;
    it->second.fate.quarantined.push_back({.reason = reason, .detail = detail, .line = std::move(parcel.lines)});
    conclude_if_whole(it);
}

void Forwarder::halve_or_set_aside(Parcel parcel, Rejection reason, const std::string& detail) {
    if (parcel.records <= 1) return set_aside(std::move(parcel), reason, detail);
    Parcel first = parcel;
    first.records = parcel.records / 2;
    const std::size_t end = end_of_lines(parcel.lines, first.records);
    first.lines.resize(end);
    parcel.lines.erase(0, end);
    parcel.records -= first.records;
    waiting_.push_front(std::move(parcel));
    waiting_.push_front(std::move(first));
}

// Connections that fail say nothing of a parcel: it stays in front. A receiver that answers with a failure may do so
// because of what is in it.
void Forwarder::again(Outcome& outcome, Instant now) {
    Parcel& parcel = outcome.parcel;
    if (!outcome.answered || outcome.busy) return waiting_.push_front(std::move(parcel));
    const bool others_pass = parcel.failures > 0 && taken_ > parcel.taken_before;
    if (parcel.failures == 0) parcel.failing_since = now;
    parcel.taken_before = taken_;
    ++parcel.failures;
    if (others_pass && (parcel.records > 1 || now - parcel.failing_since >= settings_.failing_max))
        return halve_or_set_aside(std::move(parcel), Rejection::rejected, outcome.detail + ", again and again");
    if (parcel.failures < failures_in_front)
        waiting_.push_front(std::move(parcel));
    else
        waiting_.push_back(std::move(parcel));
}

// Only senders that keep no lines lose parcels, and they take whole batches: all from the first lost one on is read from
// the spool again.
void Forwarder::rewind(Route& route, Instant now) {
    if (route.batches.empty()) return;
    const std::int64_t first = std::ranges::min(route.batches);
    end_permit(route, Verdict::failure, now);
    route.permits.clear();
    route.batches.clear();
    cursor_ = std::min(cursor_, first - 1);
    consignments_.erase(consignments_.lower_bound(first), consignments_.end());
    std::erase_if(waiting_, [&](const Parcel& parcel) { return parcel.batch >= first; });
}

Instant Forwarder::wakes_at() const noexcept {
    Instant at = waiting_.empty() ? never : next_try_;
    for (const Route& route : routes_) at = std::min(at, route.host.sender->wakes_at());
    return at;
}

void Forwarder::watch(std::vector<pollfd>& descriptors) const {
    for (const Route& route : routes_) route.host.sender->watch(descriptors);
}

void Forwarder::finish(Instant now) {
    for (Route& route : routes_) route.host.sender->finish(now);
}

void Forwarder::in_flight(std::vector<std::int64_t>& ids) const {
    for (const auto& [id, consignment] : consignments_) ids.push_back(id);
}

std::int64_t Forwarder::settled_through() const noexcept {
    std::int64_t through = cursor_;
    if (!consignments_.empty()) through = std::min(through, consignments_.begin()->first - 1);
    for (const Fate& fate : fates_) through = std::min(through, fate.batch - 1);
    return through;
}

}   // namespace outrigger::logging
