// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>

#include "sidecar/http1/writer.hpp"
#include "sidecar/net/stream.hpp"

namespace outrigger::http1 {

// A head as it goes out, and the bytes behind it that are free.
struct HeadText {
    static constexpr std::size_t spare_max = 1024;   // a copy of more costs as much as another part

    char* bytes;
    std::size_t size;
    std::size_t spare;
};

// The writing half of a connection: gathers parts, sends them in one system call, and holds a buffer of its own only
// while the peer is slow. Bounded by its user: nothing is added while congested().
class Outbox {
public:
    explicit Outbox(net::Stream& stream) noexcept : stream_{stream} {}

    // `bytes` must stay valid until push().
    void add(std::string_view bytes) noexcept;
    // What is added next goes behind it while there is room: a message of one part costs the kernel less.
    void add(const HeadText& head) noexcept;
    // One chunk of a chunked body, with its framing.
    void add_chunk(std::string_view payload) noexcept;
    // The end of a chunked body, with trailer lines or without.
    void end_chunks(std::string_view trailers) noexcept;
    // `soon`: a message may leave at the end of the loop's turn; see net::Stream::write_soon().
    enum class Leaves : bool { now, soon };
    [[nodiscard]] Result<void> push(Leaves when = Leaves::now) noexcept;
    // Closes our side of the connection once everything before has been sent; at the next push().
    void end() noexcept { ends_ = true; }

    [[nodiscard]] bool congested() const noexcept { return !unsent_.empty(); }
    [[nodiscard]] Task<Result<void>> drained(Wait wait);
    // Bytes given to the stream so far.
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

private:
    void add_part(char* bytes, std::size_t size) noexcept;
    void send_parts(Leaves when) noexcept;
    void send_unsent() noexcept;
    void end_if_sent() noexcept;
    void keep_from(std::size_t sent) noexcept;

    static constexpr std::size_t parts_max = 16;
    static constexpr std::size_t chunks_max = 5;

    net::Stream& stream_;
    std::array<iovec, parts_max> parts_;
    std::size_t part_count_ = 0;
    std::size_t pending_ = 0;   // bytes of parts_
    std::size_t spare_ = 0;     // free bytes behind the last of parts_
    std::array<ChunkHead, chunks_max> chunk_heads_;
    std::size_t chunk_count_ = 0;
    std::string unsent_;
    std::uint64_t sent_ = 0;
    bool ends_ = false;
    std::optional<Fault> fault_;   // the first one; everything after it is dropped
};

}  // namespace outrigger::http1
