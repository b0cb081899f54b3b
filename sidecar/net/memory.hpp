// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "sidecar/net/stream.hpp"

namespace outrigger::net {

// A connection within the process, for simulations: two ends, each way a bounded buffer. What one end writes the
// other can read at once. A reset is made by destroying an end after abort_on_close(); what was under way is still
// read before it, so that a simulation loses nothing by chance.
class MemoryStream final : public Stream {
public:
    // `capacity`: bytes under way in each direction before `again`.
    [[nodiscard]] static std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>> pair(
        Scheduler& scheduler, std::size_t capacity = 64 * 1024);
    ~MemoryStream() override;

    [[nodiscard]] Transfer try_read(std::span<char> into) noexcept override;
    [[nodiscard]] Transfer try_write(std::span<const iovec> parts) noexcept override;
    [[nodiscard]] Transfer write_soon(std::span<const iovec> parts) noexcept override;
    [[nodiscard]] bool has_unsent() const noexcept override { return !unsent_.empty(); }
    void shut_down_writing() noexcept override;
    void abort_on_close() noexcept override { abortive_ = true; }
    [[nodiscard]] std::optional<std::uint64_t> bytes_acknowledged() const noexcept override { return acknowledged_; }

    // What the other end writes from now on is lost on its way, as what crosses with our closing is: taken, and never
    // acknowledged.
    void lose_incoming() noexcept { loses_incoming_ = true; }
    // Whether the other end is still there.
    [[nodiscard]] bool connected() const noexcept { return peer_ != nullptr; }
    // From now on write_soon() takes what there is no room for, too, as a loop's batch does.
    void trust_peer() noexcept { trusts_peer_ = true; }
    // Messages that need not have left at once.
    [[nodiscard]] int soon() const noexcept { return soon_; }

private:
    MemoryStream(Scheduler& scheduler, std::size_t capacity) noexcept : Stream{scheduler}, capacity_{capacity} {}
    void receive_end(bool reset) noexcept;
    void send_unsent() noexcept;

    MemoryStream* peer_ = nullptr;
    std::string incoming_;
    std::size_t capacity_;
    bool ended_ = false;      // the peer has shut down: eof after incoming_
    bool reset_ = false;      // the peer has aborted: fault after incoming_
    bool abortive_ = false;
    bool loses_incoming_ = false;
    bool trusts_peer_ = false;
    std::string unsent_;
    std::uint64_t acknowledged_ = 0;
    int soon_ = 0;
};

}  // namespace outrigger::net
