// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/limit_metrics.hpp>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <utility>
#include <vector>

namespace outrigger::middleware {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class LimitMetrics final : public prometheus::Collectable {
public:
    LimitMetrics(const resilience::ConcurrencyLimiter& bulkhead, std::string name)
        : bulkhead_{bulkhead}, name_{std::move(name)} {}

    std::vector<MetricFamily> Collect() const override {
        ClientMetric refused = labelled();
        refused.counter.value = static_cast<double>(bulkhead_.refused());
        return {{"outrigger_limit_in_use", "Slots taken.", MetricType::Gauge, {gauge(bulkhead_.in_use())}},
                {"outrigger_limit_waiting", "Calls in the queue.", MetricType::Gauge, {gauge(bulkhead_.waiting())}},
                {"outrigger_limit_refused_total",
                 "Calls turned away, or, in shadow mode, that would have been.",
                 MetricType::Counter,
                 {refused}}};
    }

private:
    [[nodiscard]] ClientMetric labelled() const {
        ClientMetric metric;
        metric.label = {{"limit", name_}};
        return metric;
    }
    [[nodiscard]] ClientMetric gauge(std::uint32_t value) const {
        ClientMetric metric = labelled();
        metric.gauge.value = value;
        return metric;
    }

    const resilience::ConcurrencyLimiter& bulkhead_;
    std::string name_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> limit_metrics(const resilience::ConcurrencyLimiter& bulkhead, std::string name) {
    return std::make_shared<LimitMetrics>(bulkhead, std::move(name));
}

}  // namespace outrigger::middleware
