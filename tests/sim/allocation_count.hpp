// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace outrigger::sim {

// How often operator new has been called, by any thread of this program, which replaces it. Only for a program of its
// own: link allocation_count.cpp.
[[nodiscard]] std::uint64_t allocations() noexcept;

// False where a sanitizer owns the allocator: then nothing is counted, and frames are not pooled.
[[nodiscard]] bool allocations_are_counted() noexcept;

}  // namespace outrigger::sim
