// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <outrigger/core/units.hpp>

#include "sidecar/http1/http_stream.hpp"
#include "sidecar/net/arena.hpp"

namespace outrigger::proxy {

// How much of requests' bodies one worker keeps so that they can be sent again. Its thread only.
struct ReplayBudget {
    Bytes request{};          // limits.replay.request: of one request's body
    Bytes total{};            // limits.replay.total, this worker's share, with what it takes to keep the pieces
    std::uint64_t in_use = 0;
};

// What of a request's body has gone to an endpoint, in case it must go to another connection. Whole or nothing: beyond
// its budget it forgets all and the request cannot be replayed any more. Its bytes are in the exchange's arena.
class ReplayBuffer {
public:
    ReplayBuffer(net::Arena& arena, ReplayBudget& budget) noexcept : arena_{arena}, budget_{budget} {}
    ReplayBuffer(const ReplayBuffer&) = delete;
    ReplayBuffer& operator=(const ReplayBuffer&) = delete;
    ~ReplayBuffer() { budget_.in_use -= used_; }

    void keep(std::string_view payload);
    // Nothing is kept any more, and nothing can be replayed.
    void give_up() noexcept;
    [[nodiscard]] bool whole() const noexcept { return whole_; }
    void write_to(http1::BodySink& sink) const noexcept;

private:
    struct Piece {
        std::string_view bytes;
        Piece* next = nullptr;
    };
    [[nodiscard]] Piece* make_piece(std::string_view payload);

    net::Arena& arena_;
    ReplayBudget& budget_;
    Piece* first_ = nullptr;
    Piece* last_ = nullptr;
    std::uint64_t payload_ = 0;
    std::uint64_t used_ = 0;   // bytes and what it takes to keep them
    bool whole_ = true;
};

// A body on its way to an endpoint that is kept beside.
class KeepingSink final : public http1::BodySink {
public:
    KeepingSink(http1::BodySink& sink, ReplayBuffer& buffer) noexcept : sink_{sink}, buffer_{buffer} {}

    void write_body(std::string_view payload) noexcept override {
        buffer_.keep(payload);
        sink_.write_body(payload);
    }
    void end_body(std::string_view trailers) noexcept override { sink_.end_body(trailers); }
    [[nodiscard]] Result<void> push() noexcept override { return sink_.push(); }
    [[nodiscard]] bool congested() const noexcept override { return sink_.congested(); }
    [[nodiscard]] Task<Result<void>> drained(Wait wait) override { return sink_.drained(wait); }

private:
    http1::BodySink& sink_;
    ReplayBuffer& buffer_;
};

}   // namespace outrigger::proxy
