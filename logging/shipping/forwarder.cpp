// SPDX-License-Identifier: Apache-2.0
#include "forwarder.hpp"

#include <algorithm>
#include <cstdint>
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

bool has_failed(const Parcel& parcel) noexcept { return parcel.failures > 0; }

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
    waiting_bytes_ += batch.lines.size();
    waiting_.push_back({.batch = batch.id, .records = batch.records, .lines = std::move(batch.lines)});
}

Parcel Forwarder::take_waiting() {
    Parcel parcel = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= parcel.lines.size();
    return parcel;
}

void Forwarder::put_in_front(Parcel parcel) {
    waiting_bytes_ += parcel.lines.size();
    waiting_.push_front(std::move(parcel));
}

void Forwarder::put_back(Parcel parcel) {
    waiting_bytes_ += parcel.lines.size();
    waiting_.push_back(std::move(parcel));
}

// At rest one that has not failed is enough, and when the spool is short of room.
bool Forwarder::wants_batch() const noexcept {
    const bool room = waiting_.size() < settings_.waiting_max && waiting_bytes_ < settings_.waiting_bytes.count();
    const bool needed = (!resting_ && !little_) || std::ranges::all_of(waiting_, has_failed);
    return (waiting_.empty() || (room && needed)) && fates_.size() < fates_max;
}

// What was given out may have been taken at once: then there is more to do.
void Forwarder::advance(Instant now) {
    collect(now);
    int rounds = rounds_max;
    for (; rounds > 0 && dispatch(now); --rounds) collect(now);
    if (rounds == 0) next_try_ = now;   // what waits goes on when others have had their turn
    const bool none_under_way =
        std::ranges::all_of(routes_, [](const Route& route) { return route.under_way.empty(); });
    resting_ = none_under_way && !waiting_.empty() && next_try_ != never && next_try_ > now;
    if (resting_ || little_) hand_back();
}

void Forwarder::hold_little(bool little) {
    little_ = little;
    if (little_) hand_back();
}

// What waits here is held in the spool, and what matters more had to be dropped in its stead. From the newest on, since
// the cursor goes back; one stays, to be tried next.
void Forwarder::hand_back() {
    auto spare = std::ranges::count_if(waiting_, [](const Parcel& parcel) { return !has_failed(parcel); });
    for (; spare > 1; --spare) {
        if (consignments_.empty()) return;
        const auto newest = std::prev(consignments_.end());
        const auto found = std::ranges::find(waiting_, newest->first, &Parcel::batch);
        if (found == waiting_.end() || !is_untouched(*found)) return;
        cursor_ = newest->first - 1;
        waiting_bytes_ -= found->lines.size();
        waiting_.erase(found);
        consignments_.erase(newest);
    }
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
                route.under_way.push_back({.permit = *std::move(permit), .shares = {}});
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
    Parcel parcel = pack(route, route.under_way.back().shares);
    ++attempts_;
    route.host.sender->send(std::move(parcel), now);
}

// A whole batch that nobody has had any trouble with yet.
bool Forwarder::is_untouched(const Parcel& parcel) const {
    const auto it = consignments_.find(parcel.batch);
    return it != consignments_.end() && it->second.records == parcel.records && !has_failed(parcel);
}

bool Forwarder::may_share(const Parcel& parcel) const {
    return is_untouched(parcel) && parcel.batch > alone_through_;
}

Parcel Forwarder::pack(Route& route, std::vector<Share>& shares) {
    const bool together = route.host.sender->answers_each_parcel() && may_share(waiting_.front());
    Parcel parcel = take_waiting();
    shares.push_back({.batch = parcel.batch, .records = parcel.records});
    while (together && !waiting_.empty() && may_share(waiting_.front()) &&
           waiting_.front().batch > shares.back().batch &&
           parcel.lines.size() + waiting_.front().lines.size() <= settings_.parcel.count()) {
        const Parcel next = take_waiting();
        parcel.lines += next.lines;
        parcel.records += next.records;
        shares.push_back({.batch = next.batch, .records = next.records});
    }
    return parcel;
}

void Forwarder::ended(Route& route, Outcome& outcome, Instant now) {
    const bool all = outcome.parcel.records == 0;   // of those that were judged
    Verdict verdict = Verdict::success;
    if (outcome.kind == Outcome::Kind::judged && !all && !outcome.busy && outcome.delivered == 0)
        verdict = Verdict::failure;
    if (outcome.kind == Outcome::Kind::again) verdict = outcome.busy ? Verdict::neutral : Verdict::failure;
    if (outcome.kind == Outcome::Kind::lost) verdict = Verdict::failure;
    if (outcome.kind == Outcome::Kind::forbidden) verdict = Verdict::neutral;
    std::int64_t first_lost = INT64_MAX;
    if (outcome.kind == Outcome::Kind::lost)
        for (const UnderWay& under_way : route.under_way)
            for (const Share& share : under_way.shares) first_lost = std::min(first_lost, share.batch);
    const std::vector<Share> shares = take_off(route, verdict, now);
    if (outcome.kind == Outcome::Kind::lost) {
        failed_attempts_ += route.under_way.size();   // and the first, which failed() counts
        route.under_way.clear();
        failed(route, outcome, now);
        return rewind(first_lost);
    }
    if (shares.size() > 1) return ended_together(route, shares, outcome, now);
    ended_alone(route, outcome, now);
}

// Only what is true of all of them counts. Else they go again, from the spool, and alone.
void Forwarder::ended_together(Route& route, const std::vector<Share>& shares, Outcome& outcome, Instant now) {
    std::uint64_t records = 0;
    for (const Share& share : shares) records += share.records;
    const bool taken = outcome.kind == Outcome::Kind::delivered ||
                       (outcome.kind == Outcome::Kind::judged && outcome.delivered == records);
    if (taken) {
        well(route);
        ++taken_attempts_;
        for (const Share& share : shares) delivered(route, share.batch, share.records);
        return;
    }
    switch (outcome.kind) {
        case Outcome::Kind::again:
        case Outcome::Kind::judged: failed(route, outcome, now); break;
        case Outcome::Kind::forbidden: forbidden(route, outcome, now); break;
        case Outcome::Kind::too_large:
        case Outcome::Kind::refused:
            well(route);
            ++failed_attempts_;
            break;
        case Outcome::Kind::delivered:
        case Outcome::Kind::lost: break;
    }
    const bool is_about_them =
        outcome.kind != Outcome::Kind::forbidden && (outcome.kind != Outcome::Kind::again || outcome.answered);
    if (is_about_them) alone_through_ = std::max(alone_through_, shares.back().batch);
    rewind(shares.front().batch);
}

void Forwarder::ended_alone(Route& route, Outcome& outcome, Instant now) {
    switch (outcome.kind) {
        case Outcome::Kind::delivered:
            well(route);
            ++taken_attempts_;
            return delivered(route, outcome.parcel.batch, outcome.parcel.records);
        case Outcome::Kind::judged: {
            const bool all = outcome.parcel.records == 0;
            const auto batch = outcome.parcel.batch;
            if (auto it = consignments_.find(batch); it != consignments_.end())
                std::ranges::move(outcome.quarantined, std::back_inserter(it->second.fate.quarantined));
            if (all) {
                well(route);
                ++taken_attempts_;
            } else {
                failed(route, outcome, now);
                again(outcome, now);
            }
            return delivered(route, batch, outcome.delivered);
        }
        case Outcome::Kind::again:
            failed(route, outcome, now);
            return again(outcome, now);
        case Outcome::Kind::too_large:
            well(route);
            ++failed_attempts_;
            return halve_or_set_aside(std::move(outcome.parcel), Rejection::too_large, outcome.detail);
        case Outcome::Kind::refused: return refused(route, outcome, now);
        case Outcome::Kind::forbidden:
            forbidden(route, outcome, now);
            return put_in_front(std::move(outcome.parcel));
        case Outcome::Kind::lost: return;   // see ended()
    }
}

std::vector<Forwarder::Share> Forwarder::take_off(Route& route, Verdict verdict, Instant now) {
    if (route.under_way.empty()) return {};
    UnderWay first = std::move(route.under_way.front());
    route.under_way.pop_front();
    first.permit.settle(verdict, now, rng_);
    return std::move(first.shares);
}

// Whoever refuses every record is no receiver of ours: plain HTTP at a port for TLS is answered with 400, too.
void Forwarder::refused(Route& route, Outcome& outcome, Instant now) {
    if (outcome.parcel.records <= 1 && !route.takes) {
        forbidden(route, outcome, now);
        blame(outcome.parcel, now);
        return put_back(std::move(outcome.parcel));
    }
    well(route);
    ++failed_attempts_;
    halve_or_set_aside(std::move(outcome.parcel), Rejection::rejected, outcome.detail);
}

void Forwarder::forbidden(Route& route, const Outcome& outcome, Instant now) {
    ++failed_attempts_;
    route.takes = false;
    trouble_ = route.host.name + ": " + outcome.detail;
    route.rests_until = after(now, settings_.forbidden_pause);
}

void Forwarder::well(Route& route) {
    route.failures = 0;
    route.last_pause = {};
    trouble_.clear();
}

void Forwarder::failed(Route& route, const Outcome& outcome, Instant now) {
    ++failed_attempts_;
    ++route.failures;
    if (!outcome.answered && !outcome.busy) route.takes = false;   // who knows who is there next
    trouble_ = route.host.name + ": " + outcome.detail;
    rest(route, outcome, now);
}

void Forwarder::rest(Route& route, const Outcome& outcome, Instant now) {
    route.last_pause = resilience::pause(settings_.backoff, route.failures, route.last_pause, rng_);
    const Duration wish = std::clamp<Duration>(outcome.retry_after.value_or(0ns), 0ns, retry_after_max);
    route.rests_until = after(now, std::max(route.last_pause, wish));
}

void Forwarder::delivered(Route& route, std::int64_t batch, std::uint32_t records) {
    if (records > 0) {
        ++taken_;
        route.takes = true;
    }
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
    put_in_front(std::move(parcel));
    put_in_front(std::move(first));
}

// Connections that fail say nothing of a parcel: it stays in front. A receiver that answers with a failure may do so
// because of what is in it.
void Forwarder::again(Outcome& outcome, Instant now) {
    Parcel& parcel = outcome.parcel;
    if (!outcome.answered || outcome.busy) return put_in_front(std::move(parcel));
    const bool others_pass = parcel.failures > 0 && taken_ > parcel.taken_before;
    blame(parcel, now);
    if (others_pass && (parcel.records > 1 || now - parcel.failing_since >= settings_.failing_max))
        return halve_or_set_aside(std::move(parcel), Rejection::rejected, outcome.detail + ", again and again");
    if (parcel.failures < failures_in_front) return put_in_front(std::move(parcel));
    put_back(std::move(parcel));
}

void Forwarder::blame(Parcel& parcel, Instant now) {
    if (parcel.failures == 0) parcel.failing_since = now;
    parcel.taken_before = taken_;
    ++parcel.failures;
}

// All from this batch on is to be offered again.
void Forwarder::rewind(std::int64_t first) {
    if (first == INT64_MAX) return;
    cursor_ = std::min(cursor_, first - 1);
    consignments_.erase(consignments_.lower_bound(first), consignments_.end());
    std::erase_if(waiting_, [&](const Parcel& parcel) { return parcel.batch >= first; });
    waiting_bytes_ = 0;
    for (const Parcel& parcel : waiting_) waiting_bytes_ += parcel.lines.size();
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
