// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/memory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace outrigger::net {

std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>> MemoryStream::pair(Scheduler& scheduler,
                                                                                           std::size_t capacity) {
    std::unique_ptr<MemoryStream> one{new MemoryStream{scheduler, capacity}};
    std::unique_ptr<MemoryStream> two{new MemoryStream{scheduler, capacity}};
    one->peer_ = two.get();
    two->peer_ = one.get();
    return {std::move(one), std::move(two)};
}

MemoryStream::~MemoryStream() {
    if (!peer_) return;
    peer_->peer_ = nullptr;
    peer_->receive_end(abortive_);
}

Transfer MemoryStream::try_read(std::span<char> into) noexcept {
    if (incoming_.empty()) {
        if (reset_) return {Transfer::Kind::fault, ECONNRESET};
        if (ended_) return {Transfer::Kind::eof};
        readable_.close();
        return {Transfer::Kind::again};
    }
    const std::size_t count = std::min(into.size(), incoming_.size());
    std::memcpy(into.data(), incoming_.data(), count);
    incoming_.erase(0, count);
    if (incoming_.empty() && !ended_) readable_.close();
    if (peer_) peer_->send_unsent();
    return Transfer::of_bytes(count);
}

Transfer MemoryStream::write_soon(std::span<const iovec> parts) noexcept {
    if (has_unsent()) return {Transfer::Kind::again};
    ++soon_;
    const Transfer wrote = try_write(parts);
    if (!trusts_peer_ || wrote.kind == Transfer::Kind::fault) return wrote;
    std::size_t taken = wrote.count;
    std::size_t all = 0;
    for (const iovec& part : parts) {
        const std::size_t gone = std::min(taken, part.iov_len);
        unsent_.append(static_cast<const char*>(part.iov_base) + gone, part.iov_len - gone);
        taken -= gone;
        all += part.iov_len;
    }
    return Transfer::of_bytes(all);
}

// The peer has read.
void MemoryStream::send_unsent() noexcept {
    writable_.open();
    if (!has_unsent()) return;
    const std::string unsent = std::exchange(unsent_, {});
    const iovec part{const_cast<char*>(unsent.data()), unsent.size()};   // nobody writes to it
    unsent_ = unsent.substr(try_write({&part, 1}).count);
}

Transfer MemoryStream::try_write(std::span<const iovec> parts) noexcept {
    if (reset_ || !peer_) return {Transfer::Kind::fault, EPIPE};
    std::size_t count = 0;
    if (peer_->loses_incoming_) {
        for (const iovec& part : parts) count += part.iov_len;
        return Transfer::of_bytes(count);
    }
    for (const iovec& part : parts) {
        const std::size_t room = peer_->capacity_ - std::min(peer_->capacity_, peer_->incoming_.size());
        const std::size_t taken = std::min(room, part.iov_len);
        peer_->incoming_.append(static_cast<const char*>(part.iov_base), taken);
        count += taken;
        if (taken < part.iov_len) {
            writable_.close();
            break;
        }
    }
    if (count == 0) return {Transfer::Kind::again};
    acknowledged_ += count;
    peer_->readable_.open();
    return Transfer::of_bytes(count);
}

void MemoryStream::shut_down_writing() noexcept {
    if (peer_) peer_->receive_end(false);
}

void MemoryStream::receive_end(bool reset) noexcept {
    ended_ = true;
    reset_ = reset_ || reset;
    readable_.open();
    if (!peer_) writable_.open();
    note_peer_closed();
}

}  // namespace outrigger::net
