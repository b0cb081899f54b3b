// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/counter.hpp>

namespace outrigger::metrics {

double Counter::Series::value() const noexcept {
    std::uint64_t wholes = 0;
    double fractions = 0.0;
    cells_.read([&](const Cell* theirs) {
        wholes += count_in(theirs[whole]);
        fractions += number_in(theirs[fraction]);
    });
    return static_cast<double>(wholes) + fractions;
}

void Counter::Series::append_to(MetricFamily& family, const Labels& labels, WallTime created) const {
    auto& series = family.numbers.emplace_back(NumberSeries{.labels = labels, .value = value(), .created = created});
    if (auto taken = exemplars_.taken(); !taken.empty())
        series.exemplar = std::make_shared<const Exemplar>(std::move(taken.front()));
}

}  // namespace outrigger::metrics
