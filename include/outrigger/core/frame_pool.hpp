// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace outrigger {

// Free lists for coroutine frames, one pool per thread: an event loop owns its thread, so this is the loop's pool.
// A frame is freed on the thread that made it, because a Task never leaves its loop. This is the one thread_local
// outside the metric cells: operator new of a promise has no other way to find its loop.
//
// Bound: per size class at most `kept_max` free frames stay; the rest goes back to the allocator, so a burst's
// memory is returned. Under AddressSanitizer the pool is off, so that a use after free is seen.
class FramePool {
public:
    FramePool() = default;
    FramePool(const FramePool&) = delete;
    FramePool& operator=(const FramePool&) = delete;
    ~FramePool() {
        for (auto& list : lists_)
            while (list.head) ::operator delete(pop(list));
    }

    [[nodiscard]] static FramePool& of_this_thread() noexcept {
        thread_local FramePool pool;
        return pool;
    }

    [[nodiscard]] void* allocate(std::size_t size) {
        const std::size_t index = class_of(size);
        if (index >= classes) return ::operator new(size);
        List& list = lists_[index];
        return list.head ? pop(list) : ::operator new((index + 1) * step);
    }

    void deallocate(void* frame, std::size_t size) noexcept {
        const std::size_t index = class_of(size);
        if (index >= classes || lists_[index].count == kept_max) return ::operator delete(frame);
        List& list = lists_[index];
        list.head = ::new (frame) Free{list.head};
        ++list.count;
    }

private:
    struct Free {
        Free* next;
    };
    struct List {
        Free* head = nullptr;
        std::size_t count = 0;
    };
    static constexpr std::size_t step = 64;         // bytes between size classes
    static constexpr std::size_t classes = 192;     // frames up to 12 KiB are pooled
    static constexpr std::size_t kept_max = 128;    // free frames per class

    static constexpr std::size_t class_of(std::size_t size) noexcept { return (size + step - 1) / step - 1; }
    static void* pop(List& list) noexcept {
        Free* first = list.head;
        list.head = first->next;
        --list.count;
        return first;
    }

    std::array<List, classes> lists_{};
};

// Gives a promise its frame from the pool: derive from it.
struct PooledFrame {
#if defined(__SANITIZE_ADDRESS__)
#define OUTRIGGER_FRAMES_UNPOOLED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OUTRIGGER_FRAMES_UNPOOLED 1
#endif
#endif
#ifndef OUTRIGGER_FRAMES_UNPOOLED
    static void* operator new(std::size_t size) { return FramePool::of_this_thread().allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
        FramePool::of_this_thread().deallocate(frame, size);
    }
#endif
};

}  // namespace outrigger
