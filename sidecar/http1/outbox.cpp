// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/outbox.hpp"

#include <cstring>
#include <span>
#include <utility>

namespace outrigger::http1 {

using net::Transfer;

inline void Outbox::add_part(char* bytes, std::size_t size) noexcept {
    if (part_count_ == parts_max) send_parts(Leaves::now);
    parts_[part_count_++] = iovec{bytes, size};
    pending_ += size;
}

void Outbox::add(std::string_view bytes) noexcept {
    if (bytes.empty()) return;
    if (bytes.size() <= spare_) {
        iovec& last = parts_[part_count_ - 1];
        std::memcpy(static_cast<char*>(last.iov_base) + last.iov_len, bytes.data(), bytes.size());
        last.iov_len += bytes.size();
        spare_ -= bytes.size();
        pending_ += bytes.size();
    } else {
        spare_ = 0;
        add_part(const_cast<char*>(bytes.data()), bytes.size());
    }
}

void Outbox::add(const HeadText& head) noexcept {
    add_part(head.bytes, head.size);
    spare_ = head.spare;
}

void Outbox::add_chunk(std::string_view payload) noexcept {
    if (payload.empty()) return;
    if (chunk_count_ == chunks_max || part_count_ + 3 > parts_max) send_parts(Leaves::now);
    chunk_heads_[chunk_count_] = ChunkHead{payload.size()};
    add(chunk_heads_[chunk_count_++].bytes());
    add(payload);
    add(chunk_tail);
}

void Outbox::end_chunks(std::string_view trailers) noexcept {
    if (trailers.empty()) return add(last_chunk);
    add(last_chunk.substr(0, 3));   // its size line
    add(trailers);
    add(last_chunk.substr(3));
}

Result<void> Outbox::push(Leaves when) noexcept {
    if (part_count_) send_parts(when);
    end_if_sent();
    if (fault_) return *fault_;
    return {};
}

void Outbox::send_parts(Leaves when) noexcept {
    std::size_t sent = 0;
    if (!congested() && !fault_) {
        const std::span parts{parts_.data(), part_count_};
        const Transfer wrote = when == Leaves::soon ? stream_.write_soon(parts) : stream_.try_write(parts);
        if (wrote.kind == Transfer::Kind::fault) fault_ = wrote.fault("send");
        sent = wrote.count;
        sent_ += sent;
    }
    if (!fault_ && sent < pending_) keep_from(sent);
    part_count_ = 0;
    pending_ = spare_ = 0;
    chunk_count_ = 0;
}

void Outbox::keep_from(std::size_t sent) noexcept {
    for (const iovec& part : std::span{parts_.data(), part_count_}) {
        const std::size_t done = std::min(sent, part.iov_len);
        sent -= done;
        unsent_.append(static_cast<const char*>(part.iov_base) + done, part.iov_len - done);
    }
}

void Outbox::send_unsent() noexcept {
    const iovec all{unsent_.data(), unsent_.size()};
    const Transfer wrote = stream_.try_write(std::span{&all, 1});
    if (wrote.kind == Transfer::Kind::fault) {
        fault_ = wrote.fault("send");
        std::exchange(unsent_, {});
        return;
    }
    sent_ += wrote.count;
    unsent_.erase(0, wrote.count);
    if (unsent_.empty()) std::exchange(unsent_, {});
    end_if_sent();
}

void Outbox::end_if_sent() noexcept {
    if (ends_ && !congested() && !fault_) stream_.shut_down_writing();
}

Task<Result<void>> Outbox::drained(Wait wait) {
    while (congested()) {
        Result<void> ready = co_await stream_.writable().wait(wait);
        if (!ready) co_return ready;
        send_unsent();
    }
    if (fault_) co_return *fault_;
    co_return Result<void>{};
}

}  // namespace outrigger::http1
