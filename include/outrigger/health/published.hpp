// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

namespace outrigger::health {

// The latest version of an immutable value: one thread publishes, any thread reads. Readers take no lock and
// never wait for the publisher. The publisher waits only for readers that are inside read() in the very slot
// it wants to reuse: a few instructions.
//
// Two slots. A reader enters the active one by raising its count, and looks again whether it is still active:
// only then is it safe to copy the pointer. The publisher fills the other slot once nobody is inside, and
// then makes it active. The count going up and the second look on one side, the switch and the look at the
// count on the other, must be seen by both in one order: hence sequential consistency.
// (std::atomic<std::shared_ptr> takes a lock in libstdc++ 12.)
template <class T>
class Published {
public:
    explicit Published(std::shared_ptr<const T> first) { slots_[0].value = std::move(first); }
    Published(const Published&) = delete;
    Published& operator=(const Published&) = delete;
    ~Published() = default;

    // Any thread. What it returns stays whole however long it is kept.
    [[nodiscard]] std::shared_ptr<const T> read() const noexcept {
        for (;;) {
            const std::size_t active = active_.load();
            const Slot& slot = slots_[active];
            slot.readers.fetch_add(1);
            if (active_.load() == active) {
                std::shared_ptr<const T> value = slot.value;
                slot.readers.fetch_sub(1);
                return value;
            }
            slot.readers.fetch_sub(1);  // overtaken by publish(): try the new one
        }
    }

    // One thread at a time.
    void publish(std::shared_ptr<const T> next) noexcept {
        const std::size_t other = 1 - active_.load();
        Slot& slot = slots_[other];
        while (slot.readers.load() != 0) std::this_thread::yield();
        slot.value = std::move(next);
        active_.store(other);
    }

private:
    struct Slot {
        mutable std::atomic<std::uint32_t> readers{0};
        std::shared_ptr<const T> value;
    };
    std::array<Slot, 2> slots_;
    std::atomic<std::size_t> active_{0};
};

}  // namespace outrigger::health
