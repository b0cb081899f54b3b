// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/instrument.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace outrigger::metrics {

// Which of a few named states something is in: a series for each, 1 or 0, the state in the label that has the
// family's name (OpenMetrics 1.0, StateSet). A handle as Counter is.
class StateSet {
public:
    static constexpr InstrumentKind kind = InstrumentKind::state_set;
    struct Settings {
        std::vector<std::string> states;   // 1 to 64, each once, none empty
        friend bool operator==(const Settings&, const Settings&) = default;
    };
    class Series;

    explicit StateSet(std::shared_ptr<Series> series) noexcept : series_{std::move(series)} {}

    // By the state's place in the settings; one beyond them is ignored.
    void set(std::size_t state, bool on) const noexcept;
    // This one is on, all others are off: no scrape sees it otherwise.
    void only(std::size_t state) const noexcept;
    [[nodiscard]] bool is_set(std::size_t state) const noexcept;

private:
    std::shared_ptr<Series> series_;
};

class StateSet::Series {
public:
    using Shape = metrics::Shape<Settings>;
    Series(std::shared_ptr<Shape> shape, const Labels&) : shape_{std::move(shape)} {}

    void append_to(MetricFamily& family, const Labels& labels, WallTime created) const;
    [[nodiscard]] std::uint64_t activity() const noexcept { return on.load(std::memory_order_relaxed); }

    std::atomic<std::uint64_t> on{0};   // a bit for each state

private:
    std::shared_ptr<Shape> shape_;
};

}  // namespace outrigger::metrics
