// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <pthread.h>

namespace outrigger::logging {

// Which of eight parts this thread uses of something that is split so that threads seldom meet. A thread's handle is an
// address, whose low bits are much the same for all threads.
inline constexpr std::size_t thread_parts = 8;
[[nodiscard]] inline std::size_t thread_part() noexcept {
    const auto handle = std::bit_cast<std::uintptr_t>(::pthread_self());
    return static_cast<std::size_t>((handle >> 6) * 0x9e3779b97f4a7c15U >> 61);
}

}   // namespace outrigger::logging
