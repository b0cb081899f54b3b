// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/shipping/destination.hpp>

#include "sender.hpp"
#include "transfers.hpp"

namespace outrigger::logging {

struct StreamSettings {
    Duration timeout = std::chrono::seconds{30};   // to connect, and without a byte taken or acknowledged
    std::string ca = {};
    // A batch is settled once the connection has lived for so long after the peer's kernel had all of it (and takes what
    // else there is),
    Duration settle = std::chrono::seconds{1};
    // or so much has been sent since; no more than twice as much is unsettled.
    Bytes settle_after{16 << 20};
};

// Logstash's tcp input with the codec json_lines, and whatever else takes lines over TCP or TLS (rsyslog, syslog-ng).
//
// The protocol has no acknowledgement. What can be known is that the peer's kernel has taken every byte (TCP_INFO), and
// that the connection did not break soon after: then a batch counts as delivered. When it breaks, everything that is
// not settled is sent again, with the same event.ids. What a receiver that crashes had taken from its kernel, and what
// its kernel held for it longer than `settle`, is lost with it, and nobody notices: whoever cannot bear that uses HTTP.
class StreamSender final : public Sender {
public:
    StreamSender(Transfers& transfers, const Destination& to, const Destination::Host& host,
                 const StreamSettings& settings);
    ~StreamSender() override;

    [[nodiscard]] bool ready() const noexcept override;
    void send(Parcel parcel, Instant now) override;
    void advance(Instant now, std::vector<Outcome>& ended) override;
    [[nodiscard]] Instant wakes_at() const noexcept override;
    void watch(std::vector<pollfd>& descriptors) const override;
    // Says that nothing more comes, once all is written. A peer that then closes, too, has read it all.
    void finish(Instant now) override;

private:
    enum class State : std::uint8_t { idle, connecting, open };
    struct Sent {
        std::int64_t batch = 0;
        std::uint32_t records = 0;
        std::uint64_t end = 0;               // of the connection's bytes, as the kernel counts what is acknowledged
        std::uint64_t written = 0;           // of ours
        std::optional<Instant> acked = {};   // when that was seen
    };

    void connect(Instant now);
    void connected();
    [[nodiscard]] bool read(Instant now, std::vector<Outcome>& ended);
    [[nodiscard]] bool write(Instant now, std::vector<Outcome>& ended);
    void settle(Instant now, std::vector<Outcome>& ended);
    void deliver(const Sent& sent, std::vector<Outcome>& ended);
    void lose(std::string detail, std::vector<Outcome>& ended);
    void close();
    [[nodiscard]] Duration settles_in() const noexcept;
    [[nodiscard]] std::uint64_t acknowledged() const noexcept;
    [[nodiscard]] std::uint64_t end_of_written() const noexcept;
    [[nodiscard]] bool stalls(Instant now) const noexcept;
    [[nodiscard]] bool waits_for_peer() const noexcept { return pending_ || (!sent_.empty() && !sent_.back().acked); }

    const StreamSettings settings_;
    State state_ = State::idle;
    int socket_ = -1;                 // libcurl's
    std::optional<Parcel> pending_;   // being written
    std::size_t offset_ = 0;          // so much of it is
    std::deque<Sent> sent_;           // unsettled
    std::uint64_t written_ = 0;       // bytes, on this connection
    std::uint64_t acked_ = 0;         // as last seen
    Instant moved_ = {};              // when bytes were taken or acknowledged
    Instant looks_at_ = {};           // for acknowledgements
    bool finishing_ = false;
    bool finished_ = false;           // the peer was told
    Transfer transfer_;
};

}   // namespace outrigger::logging
