// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/record_queue.hpp>
#include <outrigger/logging/shipping/spool.hpp>
#include <outrigger/resilience/backoff.hpp>

#include "forwarder.hpp"
#include "hand.hpp"
#include "requests.hpp"

namespace outrigger::logging {

// The way of a record: queue -> spool -> forwarder, and its fate's way back into the spool. All that the shipping thread
// does but waiting: it is told the time, and says when it wants to be called again.
//
// Commits are what costs, so they are shared: a record lingers a little for others to come, unless somebody waits for
// it or the queue fills; fates wait for the next commit, or a little longer. While the spool refuses, what was drained
// is kept and tried again after a pause, submissions are refused, and records pile up in the queue, which is bounded.
class Conveyor {
public:
    struct Settings {
        Bytes batch{1 << 20};
        Bytes much{1 << 20};            // in the queue: not put off any longer
        std::string service;
        Duration linger = std::chrono::milliseconds{50};
        Duration fates_linger = std::chrono::milliseconds{200};
        Duration gap_pause = std::chrono::seconds{1};   // from one gap record to the next
        resilience::Backoff spool_backoff{.first = std::chrono::milliseconds{100}, .max = std::chrono::seconds{5}};
    };

    Conveyor(Settings settings, RecordQueue& queue, Requests& requests, Spool& spool, Forwarder& forwarder, Rng rng);

    // Does all that can be done now.
    void turn(Instant now, WallTime wall);
    // Tells those who wait; after the turn, so that what they look at then has been published.
    void answer();
    [[nodiscard]] Instant wakes_at() const noexcept { return wakes_at_; }

    // Everything taken is committed, and the spool is at peace.
    [[nodiscard]] bool hand_empty() const noexcept { return hand_.empty() && queue_.in_hand() == 0; }
    // Everything stored has its fate.
    [[nodiscard]] bool idle() const noexcept { return caught_up() && forwarder_.idle() && forwarder_.fates().empty(); }
    // Everything stored has been given to a receiver.
    [[nodiscard]] bool all_sent() const noexcept { return caught_up() && !forwarder_.waits(); }
    void hurry() noexcept { hurry_ = true; }   // nothing lingers any more

    [[nodiscard]] std::uint64_t in_hand() const noexcept { return hand_.records(); }

private:
    // Records that the queue refused: as a Gap, but of no spool.
    struct Refusals {
        std::array<std::uint64_t, severity_count> told{};
        std::uint64_t seen = 0;
        WallTime first = {};   // when those of which nobody was told were noticed
        WallTime last = {};
        bool any = false;      // there are such
    };
    // Where a part of a submission is: its sequence numbers.
    struct Spread {
        std::size_t submission = 0;   // index
        std::uint64_t first = 0;
        std::uint64_t end = 0;
    };
    struct Answer {
        Requests::Done done;
        Result<void> result;
    };
    struct Drain {
        std::uint64_t ticket;
        std::int64_t batch;
    };

    // Nothing is stored above the forwarder's cursor, which goes back when a connection breaks.
    [[nodiscard]] bool caught_up() const noexcept { return caught_up_ && forwarder_.cursor() == offered_; }
    void look(Instant now, WallTime wall);
    [[nodiscard]] bool commit_is_due(Instant now) const noexcept;
    void collect();
    void collect_gaps(WallTime wall);
    void collect_submissions();
    void commit(Instant now, WallTime wall);
    void committed(Instant now);
    void refused(Instant now, const Fault& fault);
    void settle_submissions(const Result<void>& result);
    [[nodiscard]] bool any_stored(std::size_t submission);
    void offer_committed();
    void feed(Instant now);
    void plan(Instant now);

    const Settings settings_;
    RecordQueue& queue_;
    Requests& requests_;
    Spool& spool_;
    Forwarder& forwarder_;
    Rng rng_;

    Hand hand_;
    std::vector<Requests::Waiting> submissions_;
    std::vector<Spread> spread_;   // of the submissions
    std::vector<Answer> answers_;
    std::uint64_t flush_asked_ = 0;
    std::uint64_t flush_drained_ = 0;   // what was in the queue when it was asked for is in hand,
    std::uint64_t flush_done_ = 0;      //   is committed
    std::uint64_t drain_asked_ = 0;
    std::deque<Drain> drains_;
    std::vector<Gap> gaps_;                   // of this commit
    Refusals refusals_;
    std::array<std::uint64_t, severity_count> telling_{};   // refusals of which this commit tells
    bool hurry_ = false;

    Instant lingers_until_ = never;           // what is in the queue
    Instant fates_due_ = never;
    Instant gaps_due_ = {};
    Instant spool_rests_until_ = {};          // it refused
    std::uint32_t spool_failures_ = 0;
    Instant reads_again_ = {};                // it could not be read
    bool caught_up_ = false;                  // nothing is stored above
    std::int64_t offered_ = 0;                //   what was offered last
    std::int64_t last_batch_ = 0;             // the newest that was committed or read,
    bool last_is_known_ = false;              //   and that is stored
    std::vector<std::int64_t> in_flight_;     // kept for its room
    Instant wakes_at_ = {};
};

}   // namespace outrigger::logging
