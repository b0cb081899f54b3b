// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/logging/severity.hpp>
#include <outrigger/logging/shipping/ledger.hpp>
#include <outrigger/logging/shipping/ship.hpp>
#include <outrigger/logging/shipping/spool.hpp>
#include <outrigger/logging/sink.hpp>

namespace outrigger::logging {

// Records that are accepted together or not at all: those of one post. A full spool may drop some of them at once, which
// the books and a gap record tell of; that is no refusal unless it has room for none.
struct Submission {
    struct Part {
        Severity severity = Severity::normal;
        bool own_ids = false;   // the records have an event.id already
        std::uint32_t records = 0;
        std::string lines;      // as Sink::take() wants them
    };
    std::vector<Part> parts;
};

// Where records are, at a glance. The ledger is of one instant.
struct ShipperStats {
    Ledger ledger;
    SpoolState spool;
    std::uint64_t in_hand = 0;   // taken, and not committed yet
    std::array<std::uint64_t, severity_count> refused{};   // never taken: there was no room
    std::uint64_t attempts = 0;             // batches sent
    std::uint64_t failed_attempts = 0;      // of which were not taken
    std::string destination;                // the host that is sent to, without secrets
    std::string trouble;                    // why nothing goes out, a sentence; empty: it does
};

// Ships records to a receiver, whatever happens: queue -> spool -> sender. Owns one hidden thread from start() on, which
// commits what was taken at most 200 ms later, sends what is stored, oldest first, and forgets it once the receiver has
// it. Receivers that fail are tried again for ever, with pauses; meanwhile the spool fills up, and at its cap the least
// important records make room, which a record tells of. Thread-safe but for start() and the destructor.
class Shipper final : public Sink {
public:
    // Opens the spool. Throws std::invalid_argument for settings that make no sense, std::runtime_error if the spool
    // cannot be opened; both in a sentence.
    // `service` names the source in the records that the shipper writes itself.
    explicit Shipper(const Ship& settings, std::string service);
    // Commits what is in hand, and gives the receiver a moment: for at most a second each.
    ~Shipper() override;

    void start();

    bool take(std::string_view record, Level level) noexcept override;
    [[nodiscard]] bool has_room(std::size_t bytes, Level level) const noexcept override;
    bool flush(Duration at_most) noexcept override;   // true: all of it is committed

    // Commits as soon as possible; what comes during a commit shares the next. `done` is called once, on the shipping
    // thread, and must not wait: accepted, or why not (Reason::overloaded: there is no room; try later). False: refused
    // at once for the same reason, and `done` is not called.
    [[nodiscard]] bool submit(Submission submission, std::function<void(const Result<void>&)> done) noexcept;

    // Waits until everything accepted before is delivered, quarantined or dropped.
    bool drain(Duration at_most);

    [[nodiscard]] ShipperStats stats() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}   // namespace outrigger::logging
