// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/replay.hpp"

#include <memory>
#include <new>
#include <span>

namespace outrigger::proxy {

ReplayBuffer::Piece* ReplayBuffer::make_piece(std::string_view payload) {
    constexpr std::size_t size = sizeof(Piece) + alignof(Piece) - 1;   // the arena gives bytes at any address
    const std::span<char> room = arena_.room(size);
    arena_.keep(size);
    void* place = room.data();
    std::size_t left = room.size();
    return ::new (std::align(alignof(Piece), sizeof(Piece), place, left)) Piece{arena_.copy(payload)};
}

void ReplayBuffer::keep(std::string_view payload) {
    if (!whole_ || payload.empty()) return;
    const std::uint64_t cost = payload.size() + sizeof(Piece);
    payload_ += payload.size();
    if (payload_ > budget_.request.count() || budget_.in_use + cost > budget_.total.count()) return give_up();
    used_ += cost;
    budget_.in_use += cost;
    Piece* piece = make_piece(payload);
    (last_ ? last_->next : first_) = piece;
    last_ = piece;
}

// What it took stays on the budget: the arena has it until the exchange ends.
void ReplayBuffer::give_up() noexcept {
    first_ = last_ = nullptr;
    whole_ = false;
}

void ReplayBuffer::write_to(http1::BodySink& sink) const noexcept {
    for (const Piece* piece = first_; piece; piece = piece->next) sink.write_body(piece->bytes);
}

}   // namespace outrigger::proxy
