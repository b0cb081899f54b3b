// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/instrument_family.hpp>
#include <outrigger/metrics/source.hpp>

#include <string>
#include <vector>

namespace outrigger::metrics {

// What a family is registered as.
struct FamilySpec {
    InstrumentKind kind = InstrumentKind::counter;
    std::string name;
    std::string help;
    std::vector<std::string> labels;
    FamilySettings settings;
    friend bool operator==(const FamilySpec&, const FamilySpec&) = default;
};

[[nodiscard]] MetricType type_of(InstrumentKind kind) noexcept;

// Throw std::invalid_argument with a sentence for what would not make a sound page.
void check(const FamilySpec& spec);
void check(const Counter::Settings& settings, const FamilySpec& spec);
void check(const Gauge::Settings& settings, const FamilySpec& spec);
void check(const Histogram::Settings& settings, const FamilySpec& spec);
void check(const NativeHistogram::Settings& settings, const FamilySpec& spec);
void check(const StateSet::Settings& settings, const FamilySpec& spec);

// The names that no other family may have: of its samples, and, where OpenMetrics calls the family by its name
// without _total or _info, that too.
[[nodiscard]] std::vector<std::string> reserved_names(const FamilySpec& spec);

// A family that was registered by its name.
class RegisteredFamily : public Source {
public:
    explicit RegisteredFamily(FamilySpec spec) : spec_{std::move(spec)} {}
    [[nodiscard]] const FamilySpec& spec() const noexcept { return spec_; }

private:
    const FamilySpec spec_;
};

}  // namespace outrigger::metrics
