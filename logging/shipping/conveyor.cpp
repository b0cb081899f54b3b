// SPDX-License-Identifier: Apache-2.0
#include "conveyor.hpp"

#include <algorithm>
#include <utility>

#include "gap_record.hpp"

namespace outrigger::logging {
namespace {

constexpr std::size_t many_fates = 64;
constexpr int rounds_max = 4;   // of a turn

}   // namespace

Conveyor::Conveyor(Settings settings, RecordQueue& queue, Requests& requests, Spool& spool, Forwarder& forwarder,
                   Rng rng)
    : settings_{std::move(settings)},
      queue_{queue},
      requests_{requests},
      spool_{spool},
      forwarder_{forwarder},
      rng_{rng},
      hand_{settings_.batch, std::string{spool.identity()}} {}

// A commit may give the forwarder something to do, and that may end at once in fates to commit.
void Conveyor::turn(Instant now, WallTime wall) {
    forwarder_.advance(now);
    look(now, wall);
    int rounds = rounds_max;
    do {
        if (commit_is_due(now)) commit(now, wall);
        feed(now);
        forwarder_.advance(now);
    } while (commit_is_due(now) && --rounds > 0);
    plan(now);
}

// Takes what was asked before the queue is drained, so that who flushes finds its records committed.
void Conveyor::look(Instant now, WallTime wall) {
    Requests::Taken taken = requests_.take();
    std::ranges::move(taken.submissions, std::back_inserter(submissions_));
    flush_asked_ = taken.flush;
    if (taken.drain > drain_asked_) drains_.push_back({.ticket = drain_asked_ = taken.drain, .batch = -1});
    if (queue_.in_hand() > 0 && lingers_until_ == never) lingers_until_ = after(now, settings_.linger);
    std::uint64_t refused = 0;
    for (std::size_t i = 0; i < severity_count; ++i) refused += queue_.refused(static_cast<Severity>(i));
    if (refused <= total(refusals_.told)) return;
    if (refused != refusals_.seen) refusals_.last = wall;
    if (!refusals_.any) refusals_.first = wall;
    refusals_.seen = refused;
    refusals_.any = true;
}

bool Conveyor::commit_is_due(Instant now) const noexcept {
    if (now < spool_rests_until_) return !submissions_.empty();   // they are refused at once
    const bool somebody_waits = !submissions_.empty() || flush_asked_ > flush_done_;
    const bool records_due = now >= lingers_until_ || !hand_.empty() ||
                             (queue_.in_hand() > 0 && (hurry_ || queue_.in_use() >= settings_.much));
    const bool fates_due = !forwarder_.fates().empty() &&
                           (now >= fates_due_ || hurry_ || !drains_.empty() || forwarder_.fates().size() >= many_fates);
    return somebody_waits || records_due || fates_due || gaps_are_due(now);
}

// A gap record without room would only make another gap.
bool Conveyor::gaps_are_due(Instant now) const {
    return now >= gaps_due_ && !gaps_rest_ && (refusals_.any || !spool_.gaps().empty());
}

void Conveyor::commit(Instant now, WallTime wall) {
    if (now < spool_rests_until_)
        return settle_submissions(Fault{.reason = Reason::overloaded, .detail = "the spool is in trouble"});
    collect();
    const bool all = !hand_.in_parts();   // else what comes after waits until that has found room
    if (all && gaps_are_due(now)) collect_gaps(wall);
    if (all) collect_submissions();
    for (const Batch& batch : hand_.offered()) being_committed_.fetch_add(batch.records, std::memory_order_relaxed);
    in_flight_.clear();
    forwarder_.in_flight(in_flight_);
    const Result<void> result = spool_.commit({.add = hand_.offered(),
                                               .settle = forwarder_.fates(),
                                               .in_flight = in_flight_,
                                               .gaps_told = gaps_,
                                               .now = wall});
    if (all || !result) settle_submissions(result);   // while it is known what is where
    if (result)
        committed(now);
    else
        refused(now, result.error());
}

// What was refused before comes first, and nothing is drained until it is in: so memory stays bounded.
void Conveyor::collect() {
    const bool held = !hand_.empty();
    hand_.number_from(spool_.next_sequence());
    if (!held) {
        queue_.drain(
            [&](const RecordQueue::Lines& lines) { hand_.add(lines.severity, lines.records, lines.text, false); });
        lingers_until_ = never;
        flush_drained_ = flush_asked_;
    }
    hand_.keep();
}

void Conveyor::collect_gaps(WallTime wall) {
    std::string lines;
    std::uint32_t records = 0;
    gaps_ = spool_.gaps();
    for (const Gap& gap : gaps_) {
        append_gap_record(lines, settings_.service, wall, to_string(gap.reason), gap.records, gap.first, gap.last);
        ++records;
    }
    if (refusals_.any) {
        for (std::size_t i = 0; i < severity_count; ++i)
            telling_[i] = queue_.refused(static_cast<Severity>(i)) - refusals_.told[i];
        append_gap_record(lines, settings_.service, wall, "queue_full", telling_, refusals_.first, refusals_.last);
        ++records;
    }
    if (records > 0) hand_.add(Severity::high, records, lines, false);
}

void Conveyor::collect_submissions() {
    spread_.clear();
    for (std::size_t i = severity_count; i-- > 0;)
        for (std::size_t who = 0; who < submissions_.size(); ++who)
            for (const Submission::Part& part : submissions_[who].submission.parts) {
                if (part.severity != static_cast<Severity>(i)) continue;
                const std::uint64_t first = hand_.next_sequence();
                hand_.add(part.severity, part.records, part.lines, part.own_ids);
                spread_.push_back({.submission = who, .first = first, .end = hand_.next_sequence()});
            }
}

void Conveyor::committed(Instant now) {
    spool_failures_ = 0;
    spool_rests_until_ = {};
    if (!forwarder_.fates().empty()) gaps_rest_ = false;
    forwarder_.fates_stored();
    fates_due_ = never;
    const bool told = !gaps_.empty() || total(telling_) > 0;
    if (told) gaps_due_ = after(now, settings_.gap_pause);
    gaps_.clear();
    const bool no_room = std::ranges::any_of(
        hand_.offered(), [](const Batch& batch) { return batch.id == 0 && batch.severity == Severity::high; });
    if (told && no_room) gaps_rest_ = true;
    for (std::size_t i = 0; i < severity_count && !no_room; ++i) refusals_.told[i] += telling_[i];
    telling_ = {};
    refusals_.any = refusals_.seen > total(refusals_.told);
    offer_committed();
    hand_.committed();
    if (hand_.empty()) flush_done_ = flush_drained_;
    forwarder_.hold_little(hand_.in_parts());
}

void Conveyor::refused(Instant now, const Fault&) {
    ++spool_failures_;
    spool_rests_until_ = after(now, resilience::pause(settings_.spool_backoff, spool_failures_, {}, rng_));
    gaps_.clear();
    telling_ = {};
    hand_.refused();
    forwarder_.hold_little(true);
}

// Whoever is refused tries again, and what was stored would be stored twice. So only what got no room at all is
// refused; of the rest the books tell, and a gap record.
void Conveyor::settle_submissions(const Result<void>& result) {
    const Result<void> dropped =
        Fault{.reason = Reason::overloaded, .detail = "the spool has no room for such records"};
    for (std::size_t i = 0; i < submissions_.size(); ++i) {
        if (!submissions_[i].done) continue;
        const bool kept = !result || any_stored(i);
        answers_.push_back({.done = std::move(submissions_[i].done), .result = kept ? result : dropped});
    }
    submissions_.clear();
    spread_.clear();
}

// Of a submission that was committed just now. One without records has nothing to lose.
bool Conveyor::any_stored(std::size_t submission) {
    bool any = false;
    for (const Spread& part : spread_) {
        if (part.submission != submission || part.first == part.end) continue;
        any = true;
        for (const Batch& batch : hand_.offered())
            if (batch.id != 0 && batch.first_sequence < part.end && part.first < batch.first_sequence + batch.records)
                return true;
    }
    return !any;
}

// What was just committed need not be read back, if it is next.
void Conveyor::offer_committed() {
    for (Batch& batch : hand_.offered()) {
        if (batch.id == 0) continue;   // there was no room for it
        last_batch_ = batch.id;
        last_is_known_ = true;
        caught_up_ = caught_up() && forwarder_.wants_batch();
        if (!caught_up_) continue;
        offered_ = batch.id;
        forwarder_.offer(std::move(batch));
    }
}

void Conveyor::feed(Instant now) {
    caught_up_ = caught_up();
    while (!caught_up_ && forwarder_.wants_batch() && now >= reads_again_) {
        auto next = spool_.next_after(forwarder_.cursor());
        if (!next) {
            reads_again_ = after(now, settings_.spool_backoff.max);
            return;
        }
        if (!*next) {
            offered_ = forwarder_.cursor();
            caught_up_ = last_is_known_ = true;
            return;
        }
        offered_ = (*next)->id;
        last_batch_ = std::max(last_batch_, offered_);
        forwarder_.offer(*std::move(*next));
    }
}

// Whoever is told may look at the books at once. A drain waits for what was stored when it was asked for; what was in
// hand is so by then, since it flushes first.
void Conveyor::answer() {
    for (const Answer& answer : answers_) answer.done(answer.result);
    answers_.clear();
    requests_.flushed(flush_done_);
    for (Drain& drain : drains_)
        if (drain.batch < 0 && last_is_known_) drain.batch = last_batch_;
    const auto done = [&](const Drain& drain) {
        return drain.batch >= 0 && forwarder_.settled_through() >= drain.batch;
    };
    while (!drains_.empty() && (idle() || done(drains_.front()))) {
        requests_.drained(drains_.front().ticket);
        drains_.pop_front();
    }
}

void Conveyor::plan(Instant now) {
    if (!forwarder_.fates().empty() && fates_due_ == never) fates_due_ = after(now, settings_.fates_linger);
    Instant at = std::min({lingers_until_, fates_due_, forwarder_.wakes_at()});
    if (!gaps_rest_ && (refusals_.any || !spool_.gaps().empty())) at = std::min(at, gaps_due_);
    if (!hand_.empty()) at = std::min(at, spool_rests_until_);
    if (now < spool_rests_until_) at = std::max(at, std::min(spool_rests_until_, forwarder_.wakes_at()));
    if (!caught_up() && forwarder_.wants_batch()) at = std::min(at, std::max(reads_again_, now));
    wakes_at_ = commit_is_due(now) ? now : at;
}

}   // namespace outrigger::logging
