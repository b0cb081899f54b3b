// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/frame_pool.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace outrigger {
namespace {

TEST(FramePool, gives_a_freed_frame_out_again) {
    FramePool pool;
    void* first = pool.allocate(200);
    pool.deallocate(first, 200);
    void* second = pool.allocate(200);
    EXPECT_EQ(first, second);
    pool.deallocate(second, 200);
}

TEST(FramePool, a_frame_of_the_same_class_fits_whatever_its_exact_size) {
    FramePool pool;
    void* small = pool.allocate(193);   // classes are 64 bytes apart
    pool.deallocate(small, 193);
    void* large = pool.allocate(256);
    EXPECT_EQ(small, large);
    std::memset(large, 0xff, 256);   // and all of it is there (checked under sanitizers)
    pool.deallocate(large, 256);
}

TEST(FramePool, classes_do_not_mix) {
    FramePool pool;
    void* small = pool.allocate(128);
    pool.deallocate(small, 128);
    void* next = pool.allocate(129);
    EXPECT_NE(small, next);
    pool.deallocate(next, 129);
}

TEST(FramePool, every_size_is_writable_to_its_end_and_aligned) {
    FramePool pool;
    for (std::size_t size = 1; size < 14'000; size += 61) {
        auto* frame = static_cast<unsigned char*>(pool.allocate(size));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frame) % alignof(std::max_align_t), 0u);
        std::memset(frame, 0xa5, size);
        EXPECT_EQ(frame[size - 1], 0xa5);
        pool.deallocate(frame, size);
    }
}

TEST(FramePool, frames_in_use_are_never_given_out_twice) {
    FramePool pool;
    std::vector<void*> used;
    for (int i = 0; i < 300; ++i) used.push_back(pool.allocate(512));
    EXPECT_EQ(std::set<void*>(used.begin(), used.end()).size(), used.size());
    for (void* frame : used) pool.deallocate(frame, 512);
    std::set<void*> again;
    for (int i = 0; i < 300; ++i) EXPECT_TRUE(again.insert(pool.allocate(512)).second);
    for (void* frame : again) pool.deallocate(frame, 512);
}

// How many of 300 freed frames come back: the pool keeps a bounded number and returns a burst's memory.
TEST(FramePool, keeps_no_more_than_its_bound) {
    FramePool pool;
    std::vector<void*> burst;
    for (int i = 0; i < 300; ++i) burst.push_back(pool.allocate(512));
    for (void* frame : burst) pool.deallocate(frame, 512);
    // The last frame that was kept is the first to come back, and it is the 128th that was freed: the later
    // ones went to the allocator.
    void* first = pool.allocate(512);
    EXPECT_EQ(first, burst[127]);
    pool.deallocate(first, 512);
}

TEST(FramePool, each_thread_has_its_own) {
    FramePool* here = &FramePool::of_this_thread();
    FramePool* there = nullptr;
    std::thread other{[&there] { there = &FramePool::of_this_thread(); }};
    other.join();
    EXPECT_EQ(here, &FramePool::of_this_thread());
    EXPECT_NE(here, there);
}

struct Frame : PooledFrame {
    char bytes[300];
};

TEST(PooledFrame, comes_from_the_pool_of_its_thread_unless_a_sanitizer_watches_the_heap) {
    auto* first = new Frame;
    delete first;
    auto* second = new Frame;
#ifdef OUTRIGGER_FRAMES_UNPOOLED
    EXPECT_NE(first, second) << "a use after free would go unseen";
#else
    EXPECT_EQ(first, second);
#endif
    delete second;
}

}   // namespace
}   // namespace outrigger
