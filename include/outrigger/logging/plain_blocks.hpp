// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Text that JSON takes as it is, found out while it is copied. Values, not thread-safe.
namespace outrigger::logging {

// So many bytes are looked at together.
using Sixteen [[gnu::vector_size(16)]] = signed char;
using Eight [[gnu::vector_size(8)]] = signed char;

[[gnu::always_inline]] inline bool all_ones(Sixteen block) noexcept {
#if defined(__SSE2__)
    return _mm_movemask_epi8(reinterpret_cast<__m128i>(block)) == 0xffff;
#else
    using Words [[gnu::vector_size(16)]] = std::uint64_t;
    const auto words = Words(block);
    return (words[0] & words[1]) == ~std::uint64_t{0};
#endif
}
[[gnu::always_inline]] inline bool all_ones(Eight block) noexcept {
    using Words [[gnu::vector_size(8)]] = std::uint64_t;
    return Words(block)[0] == ~std::uint64_t{0};
}

// Blocks that were looked at, and whether all their bytes are plain: neither below a blank nor above 0x7f (those are
// negative as signed bytes), no quote and no backslash.
template <class Block>
class PlainBlocks {
public:
    [[gnu::always_inline]] void add(Block bytes) noexcept {
        // With bit 1 turned the quote and the blank have changed places; all others stay on their side of the blank.
        above_blank_ &= (bytes ^ 2) > ' ';
        backslash_ |= bytes == '\\';
    }
    // Copies a block too, plain or not.
    [[gnu::always_inline]] void add(const char* from, char* to) noexcept {
        Block bytes;
        std::memcpy(&bytes, from, sizeof bytes);
        std::memcpy(to, &bytes, sizeof bytes);
        add(bytes);
    }
    [[gnu::always_inline]] [[nodiscard]] bool all_plain() const noexcept { return all_ones(above_blank_ & ~backslash_); }

private:
    Block above_blank_ = ~Block{};
    Block backslash_{};   // two, because the compiler turns the first comparison round when they meet in each block
};

}  // namespace outrigger::logging
