// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sidecar/net/memory.hpp"

namespace outrigger::net {

// The test's end of a connection in memory.
class Peer {
public:
    Peer() = default;
    explicit Peer(std::unique_ptr<MemoryStream> stream) : stream_{std::move(stream)} {}

    // Gives what fits to the other side; returns the rest.
    std::string_view write(std::string_view bytes) {
        const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
        return stream_ ? bytes.substr(stream_->try_write({&part, 1}).count) : bytes;
    }
    // Everything that has come since the last call, or as much of it as asked for.
    std::string read(std::size_t most = std::string::npos) {
        std::string all;
        std::array<char, 4096> buffer;
        while (stream_ && all.size() < most) {
            const Transfer got =
                stream_->try_read(std::span{buffer}.first(std::min(buffer.size(), most - all.size())));
            ended_ = ended_ || got.kind == Transfer::Kind::eof;
            broken_ = broken_ || got.kind == Transfer::Kind::fault;
            if (got.kind != Transfer::Kind::bytes) break;
            all.append(buffer.data(), got.count);
        }
        return all;
    }
    void shut_down_writing() { stream_->shut_down_writing(); }
    void close() { stream_.reset(); }
    // What the other side sends from now on crosses with our closing.
    void lose_incoming() { stream_->lose_incoming(); }
    void reset() {
        stream_->abort_on_close();
        stream_.reset();
    }
    // Whether the other side still has its end.
    [[nodiscard]] bool connected() const { return stream_ && stream_->connected(); }
    // Known after read(): the other side closed in order; it broke off.
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool broken() const { return broken_; }

private:
    std::unique_ptr<MemoryStream> stream_;
    bool ended_ = false;
    bool broken_ = false;
};

}   // namespace outrigger::net
