// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/thread_cells.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

// What all instruments have in common.
namespace outrigger::metrics {

enum class InstrumentKind : std::uint8_t { counter, gauge, histogram, native_histogram, state_set, info };

// What an instrument would not record. Nothing is thrown where requests are served: it is counted.
enum class Refusal : std::uint8_t { negative, not_finite, exemplar_too_long };
inline constexpr std::size_t refusal_count = 3;

[[nodiscard]] constexpr std::string_view to_string(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::negative: return "negative";
        case Refusal::not_finite: return "not_finite";
        case Refusal::exemplar_too_long: return "exemplar_too_long";
    }
    return "";
}

// Of one family. Rare, so all threads share the counters.
class Refusals {
public:
    void count(Refusal why) noexcept {
        counts_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t of(Refusal why) const noexcept {
        return counts_[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<std::uint64_t>, refusal_count> counts_{};
};

// What all series of a family share. It lives as long as any of them, and so as long as any handle.
template <class Settings>
struct Shape {
    Shape(Settings with, std::shared_ptr<CellStore> from) : settings{std::move(with)}, cells{std::move(from)} {}

    const Settings settings;
    const std::shared_ptr<CellStore> cells;   // the registry's
    Refusals refused;
};

}  // namespace outrigger::metrics
