// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/shipping/spool.hpp>

// What the shipping thread says to a receiver, whatever the protocol.
namespace outrigger::logging {

// Records on their way: a batch, what is left of one, or several small ones.
struct Parcel {
    std::int64_t batch = 0;      // the first
    std::uint32_t records = 0;
    std::string lines;   // one JSON object a line, each ends with '\n'

    // The forwarder's: how often a receiver has failed on it, since when, and how many parcels had been taken by then.
    std::uint32_t failures = 0;
    Instant failing_since = {};
    std::uint64_t taken_before = 0;
};

// What has become of a parcel.
struct Outcome {
    enum class Kind : std::uint8_t {
        delivered,    // all of it; `parcel` has its batch and records, and need not have its lines
        judged,       // record by record: `delivered` many, those in `quarantined`, and those in `parcel` again later
        again,        // `parcel` was not taken, or nobody knows: again later
        too_large,    // `parcel` was refused because of its size
        refused,      // `parcel` was refused because of something in it
        forbidden,    // `parcel` was not even looked at: credentials or settings are wrong
        lost,         // the connection broke: everything that this sender has under way; `parcel` is empty
    };
    Kind kind = Kind::delivered;
    Parcel parcel = {};
    std::uint32_t delivered = 0;
    std::vector<Quarantined> quarantined = {};
    bool busy = false;        // again, judged: the receiver is well, but asks for a slower pace
    bool answered = false;    // again, judged: it may have seen the records, and failed on them
    std::optional<Duration> retry_after = {};   // and wishes for such a pause
    std::string detail = {};                    // of a failure: what happened, in words without secrets
};

// One receiver. Of the shipping thread. No function waits for the receiver.
class Sender {
public:
    virtual ~Sender() = default;

    // Whether it takes a parcel now.
    [[nodiscard]] virtual bool ready() const noexcept = 0;
    // Whether a parcel costs a round trip, so that several small batches had better go in one.
    [[nodiscard]] virtual bool answers_each_parcel() const noexcept { return false; }
    // The parcel's outcome comes from advance(), in the order of the parcels.
    virtual void send(Parcel parcel, Instant now) = 0;
    // Goes on as far as it can, and appends what has ended.
    virtual void advance(Instant now, std::vector<Outcome>& ended) = 0;
    // When advance() is to be called even if nothing happens; `never` if that is not needed.
    [[nodiscard]] virtual Instant wakes_at() const noexcept { return never; }
    // Appends the descriptors that matter, unless something else watches them.
    virtual void watch(std::vector<pollfd>& descriptors) const { static_cast<void>(descriptors); }
    // No further parcel will come: what is under way should end soon.
    virtual void finish(Instant now) { static_cast<void>(now); }
};

// Where the first `records` lines end.
[[nodiscard]] std::size_t end_of_lines(std::string_view lines, std::uint32_t records) noexcept;

}   // namespace outrigger::logging
