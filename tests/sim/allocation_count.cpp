// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/allocation_count.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OUTRIGGER_ALLOCATOR_IS_TAKEN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OUTRIGGER_ALLOCATOR_IS_TAKEN 1
#endif
#endif

namespace {

std::atomic<std::uint64_t> count{0};

}  // namespace

namespace outrigger::sim {

std::uint64_t allocations() noexcept { return count.load(std::memory_order_relaxed); }

#ifdef OUTRIGGER_ALLOCATOR_IS_TAKEN
bool allocations_are_counted() noexcept { return false; }
#else
bool allocations_are_counted() noexcept { return true; }
#endif

}  // namespace outrigger::sim

#ifndef OUTRIGGER_ALLOCATOR_IS_TAKEN
// The library's other forms of operator new and delete call these.
void* operator new(std::size_t size) {
    count.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    count.fetch_add(1, std::memory_order_relaxed);
    const auto step = static_cast<std::size_t>(alignment);
    if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
    throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif
