// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/resilience/backoff.hpp>
#include <outrigger/resilience/breaker.hpp>

#include "sender.hpp"

namespace outrigger::logging {

// Decides what is sent next, to which of the hosts, and what an answer means. Owns the senders, one for each host, and
// no clock, thread or socket. Batches come in by offer() in the spool's order and leave as fates. Nothing is given up
// but what a receiver refuses for good: everything offered is under way, waits here, or is to be offered again because
// cursor() has gone back.
//
// It stays with the host that takes parcels. One that fails rests, longer with every failure in a row, or as long as it
// asks for; meanwhile the next in the list that does not rest stands in. A batch of which something is refused is
// halved until the record is found that is to blame. A batch on which receivers fail again and again lets others pass;
// if those are taken, it is halved, too, and a record of which this is true for an hour is set aside. A host that has
// taken nothing since it was last out of reach, and refuses a single record, is taken for a wrong one. While nobody is
// there to send to, batches that nobody has had any trouble with wait in the spool, where they can make room.
class Forwarder {
public:
    struct Settings {
        resilience::Backoff backoff{.first = std::chrono::milliseconds{250}, .max = std::chrono::seconds{10}};
        // A host that does not even look at what we send (credentials, wrong settings) is asked so seldom.
        Duration forbidden_pause = std::chrono::minutes{1};
        // A record on which receivers fail for so long, while they take others.
        Duration failing_max = std::chrono::hours{1};
        // What waits in memory for its turn: so many parcels of so many bytes, but always one.
        std::size_t waiting_max = 256;
        Bytes waiting_bytes{8 << 20};
        // Small batches go together in a parcel up to this, to receivers that answer each.
        Bytes parcel{1 << 20};
    };
    struct Host {
        std::string name;   // for sentences: host:port
        std::unique_ptr<Sender> sender;
    };

    Forwarder(const Settings& settings, std::vector<Host> hosts, Rng rng);

    // The next batch to offer is the first whose id is above cursor(), if one is wanted.
    [[nodiscard]] bool wants_batch() const noexcept;
    [[nodiscard]] std::int64_t cursor() const noexcept { return cursor_; }
    void offer(Batch batch);

    // Takes the answers that have come, and gives out what can be sent.
    void advance(Instant now);
    // Whether what waits here is to be as little as possible, since the spool has no room to make: what waits here may
    // not make any.
    void hold_little(bool little);
    [[nodiscard]] Instant wakes_at() const noexcept;
    void watch(std::vector<pollfd>& descriptors) const;
    void finish(Instant now);
    // No parcel is under way or waits.
    [[nodiscard]] bool idle() const noexcept { return consignments_.empty(); }
    [[nodiscard]] bool waits() const noexcept { return !waiting_.empty(); }

    // What has become of batches. The caller stores them and says so; until then they are kept.
    [[nodiscard]] const std::vector<Fate>& fates() const noexcept { return fates_; }
    void fates_stored() { fates_.clear(); }

    // Offered, and their fate not known yet: not to be evicted.
    void in_flight(std::vector<std::int64_t>& ids) const;
    // Of the batches that were offered, those up to this one have stored fates.
    [[nodiscard]] std::int64_t settled_through() const noexcept;

    // attempts() are taken, failed or under way.
    [[nodiscard]] std::uint64_t attempts() const noexcept { return attempts_; }
    [[nodiscard]] std::uint64_t taken_attempts() const noexcept { return taken_attempts_; }
    [[nodiscard]] std::uint64_t failed_attempts() const noexcept { return failed_attempts_; }
    [[nodiscard]] const std::string& host() const noexcept { return routes_[current_].host.name; }
    // Why nothing goes out, a sentence; empty: it does.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

private:
    static constexpr std::size_t fates_max = 64;            // they may hold lines; then no batch is wanted
    static constexpr std::uint32_t failures_in_front = 4;   // then a parcel lets others pass

    struct Consignment {   // a batch, in one parcel or several
        std::uint32_t records = 0;
        Fate fate = {};
    };
    struct Share {         // of a parcel
        std::int64_t batch = 0;
        std::uint32_t records = 0;
    };
    struct UnderWay {
        resilience::Permit permit;
        std::vector<Share> shares;
    };
    struct Route {
        Host host;
        std::unique_ptr<resilience::CircuitBreaker> breaker;
        std::deque<UnderWay> under_way = {};           // in the order of the parcels
        Instant rests_until = {};
        std::uint32_t failures = 0;                    // in a row
        Duration last_pause = {};
        bool takes = false;                            // it has taken something since it was last out of reach
    };

    void collect(Instant now);
    [[nodiscard]] bool dispatch(Instant now);
    [[nodiscard]] Route* pick(Instant now);
    void send(Route& route, Instant now);
    void ended(Route& route, Outcome& outcome, Instant now);
    [[nodiscard]] std::vector<Share> take_off(Route& route, resilience::Verdict verdict, Instant now);
    void ended_together(Route& route, const std::vector<Share>& shares, Outcome& outcome, Instant now);
    void ended_alone(Route& route, Outcome& outcome, Instant now);
    [[nodiscard]] Parcel take_waiting();
    void put_in_front(Parcel parcel);
    void put_back(Parcel parcel);
    void hand_back();
    [[nodiscard]] bool is_untouched(const Parcel& parcel) const;
    [[nodiscard]] bool may_share(const Parcel& parcel) const;
    [[nodiscard]] Parcel pack(Route& route, std::vector<Share>& shares);
    void well(Route& route);
    void failed(Route& route, const Outcome& outcome, Instant now);
    void forbidden(Route& route, const Outcome& outcome, Instant now);
    void rest(Route& route, const Outcome& outcome, Instant now);
    void delivered(Route& route, std::int64_t batch, std::uint32_t records);
    void refused(Route& route, Outcome& outcome, Instant now);
    void set_aside(Parcel parcel, Rejection reason, const std::string& detail);
    void halve_or_set_aside(Parcel parcel, Rejection reason, const std::string& detail);
    void again(Outcome& outcome, Instant now);
    void blame(Parcel& parcel, Instant now);
    void rewind(std::int64_t first);
    void conclude_if_whole(std::map<std::int64_t, Consignment>::iterator it);

    Settings settings_;
    std::vector<Route> routes_;
    Rng rng_;
    std::size_t current_ = 0;
    std::int64_t cursor_ = 0;
    std::deque<Parcel> waiting_;
    std::uint64_t waiting_bytes_ = 0;
    std::int64_t alone_through_ = 0;   // batches up to here go alone: together with others they were refused
    std::map<std::int64_t, Consignment> consignments_;
    bool resting_ = false;             // parcels wait, and no host is there for them
    bool little_ = false;              // the spool is short of room
    std::vector<Fate> fates_;
    std::vector<Outcome> outcomes_;   // kept for its room
    Instant next_try_ = never;
    std::uint64_t taken_ = 0;         // parcels of which something was delivered
    std::uint64_t attempts_ = 0;
    std::uint64_t taken_attempts_ = 0;
    std::uint64_t failed_attempts_ = 0;
    std::string trouble_;
};

}   // namespace outrigger::logging
