// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/family.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace outrigger::metrics {

// The trace that an observation belongs to: what becomes its exemplar, with the labels trace_id and span_id.
// Together they may have 113 characters (OpenMetrics 1.0 allows 128, names included); a longer one is not taken.
struct TraceRef {
    std::string_view trace_id;
    std::string_view span_id = {};
    WallTime at{};   // when it was observed; the caller's clock, as the caller read it anyway
};

inline constexpr std::size_t trace_ref_characters_max = 113;

// The exemplars of one series: a fixed number of places, each taken anew at most once in `exemplar_interval`. An
// offer that comes sooner costs one load; one that meets a scrape or another offer is dropped rather than waiting.
inline constexpr Duration exemplar_interval = std::chrono::seconds{1};

class Exemplars {
public:
    Exemplars() noexcept = default;
    ~Exemplars();
    Exemplars(const Exemplars&) = delete;
    Exemplars& operator=(const Exemplars&) = delete;

    // `place` is below `places`, which is the same at every call. False: the reference is too long.
    bool offer(std::size_t place, std::size_t places, double value, const TraceRef& trace) noexcept;
    // Those that were taken.
    [[nodiscard]] std::vector<Exemplar> taken() const;

private:
    struct Places;
    [[nodiscard]] Places* made(std::size_t places) noexcept;

    std::atomic<Places*> places_{nullptr};   // made with the first offer: most series never see one
};

}  // namespace outrigger::metrics
