// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/instrument_family.hpp>

#include "family_core.hpp"

namespace outrigger::metrics {

template <class Instrument>
Instrument find_series(FamilyCore<Instrument>& core, std::span<const std::string_view> values) {
    return core.with(values);
}

template Counter find_series(FamilyCore<Counter>&, std::span<const std::string_view>);
template Gauge find_series(FamilyCore<Gauge>&, std::span<const std::string_view>);
template Histogram find_series(FamilyCore<Histogram>&, std::span<const std::string_view>);
template NativeHistogram find_series(FamilyCore<NativeHistogram>&, std::span<const std::string_view>);
template StateSet find_series(FamilyCore<StateSet>&, std::span<const std::string_view>);

}  // namespace outrigger::metrics
