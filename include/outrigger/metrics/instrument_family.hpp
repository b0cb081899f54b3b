// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/counter.hpp>
#include <outrigger/metrics/gauge.hpp>
#include <outrigger/metrics/histogram.hpp>
#include <outrigger/metrics/native_histogram.hpp>
#include <outrigger/metrics/state_set.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace outrigger::metrics {

// The names of a family's labels; their number is part of its type.
template <std::size_t N>
struct LabelNames {
    std::array<std::string, N> names;
};
template <class... Names>
[[nodiscard]] LabelNames<sizeof...(Names)> labels(Names&&... names) {
    return {{std::string{std::forward<Names>(names)}...}};
}

struct FamilySettings {
    std::string unit = {};            // "seconds", "bytes": the name then ends in it (before _total); empty: none
    // Most series. What comes then goes to the one whose labels all say `other`; every look-up that does is counted
    // in outrigger_series_overflow_total. 1 to 1,000,000.
    std::uint32_t series_max = 500;
    // A series whose value has not changed for so long, as scrapes see it, and of which nobody holds a handle, is
    // forgotten; it begins anew when it is asked for again. 0: never.
    Duration idle = {};
    friend bool operator==(const FamilySettings&, const FamilySettings&) = default;
};

template <class Instrument>
class FamilyCore;   // what is behind it

template <class Instrument>
[[nodiscard]] Instrument find_series(FamilyCore<Instrument>& core, std::span<const std::string_view> values);

// The series of one name, told apart by the values of N labels. Thread-safe, cheap to copy, may outlive its registry.
template <class Instrument, std::size_t N>
class Family {
public:
    explicit Family(std::shared_ptr<FamilyCore<Instrument>> core) noexcept : core_{std::move(core)} {}

    // The handle on the series with these label values, in the order of the names. The look-up costs a lock and a
    // hash: where it matters, look up once and keep the handle. Throws std::bad_alloc only.
    template <class... Values>
        requires(sizeof...(Values) == N && (std::convertible_to<const Values&, std::string_view> && ...))
    [[nodiscard]] Instrument with(const Values&... values) const {
        const std::array<std::string_view, N> all{std::string_view{values}...};
        return find_series<Instrument>(*core_, all);
    }

private:
    std::shared_ptr<FamilyCore<Instrument>> core_;
};

}  // namespace outrigger::metrics
