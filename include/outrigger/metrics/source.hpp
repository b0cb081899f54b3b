// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <memory>
#include <vector>

namespace prometheus {
class Collectable;
struct MetricFamily;
}  // namespace prometheus

// Where families come from, and the border to prometheus-cpp in both directions.
namespace outrigger::metrics {

// Anything that has metrics to show. A Registry absorbs it.
class Source {
public:
    virtual ~Source() = default;
    // Appends what there is now. Any thread, several at once. One that throws is left out of the page and counted.
    virtual void collect(std::vector<MetricFamily>& into) const = 0;
};

// A registry of prometheus-cpp, or anything that is a Collectable there, as a source of ours.
// Throws std::invalid_argument for a null pointer.
[[nodiscard]] std::shared_ptr<const Source> source_of(std::shared_ptr<prometheus::Collectable> collectable);

// A source of ours for prometheus-cpp's Exposer. What its model cannot say is lost: of a native histogram only
// its classic buckets, sum and count go outwards, an info or a state set is a gauge, exemplars and units are
// left out. Throws std::invalid_argument for a null pointer.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> collectable_of(std::shared_ptr<const Source> source);

// One family, either way. A label that its type reserves (le, quantile) is dropped on the way in.
[[nodiscard]] MetricFamily family_of(const prometheus::MetricFamily& theirs);
[[nodiscard]] prometheus::MetricFamily prometheus_family_of(const MetricFamily& ours);

}  // namespace outrigger::metrics
