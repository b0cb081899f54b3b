// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace outrigger::net {

class SocketStream;

// What a loop's connections said during a turn and could wait with until its end. Then all of it leaves, one send after
// another: peers that sleep are woken once for many messages, not for each. Belongs to the loop's thread.
class SendBatch {
public:
    static constexpr std::size_t largest = 4096;   // a message; a larger one is worth a send of its own

    // Copies a message of at most `largest` bytes. The stream must flush() before it ends.
    void hold(SocketStream& stream, std::string_view message) noexcept {
        if (count_ == held_.size()) flush();
        std::memcpy(bytes_.get() + filled_, message.data(), message.size());
        filled_ += message.size();
        held_[count_++] = {&stream, static_cast<std::uint32_t>(message.size())};
    }
    // Resumes nobody.
    void flush() noexcept {
        if (count_ != 0) send_all();
    }

private:
    struct Held {
        SocketStream* stream;
        std::uint32_t size;
    };
    static constexpr std::size_t messages_max = 32;   // those that wait are not to wait for long

    void send_all() noexcept;

    std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(messages_max * largest);
    std::size_t filled_ = 0;
    std::size_t count_ = 0;
    std::array<Held, messages_max> held_;   // NOLINT: the first count_ are written
};

}   // namespace outrigger::net
