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

ClientMetric labelled(const std::string& name) {
    ClientMetric metric;
    metric.label = {{"limit", name}};
    return metric;
}
ClientMetric counted(std::uint64_t value, const std::string& name) {
    ClientMetric metric = labelled(name);
    metric.counter.value = static_cast<double>(value);
    return metric;
}

class LimitMetrics final : public prometheus::Collectable {
public:
    LimitMetrics(const resilience::ConcurrencyLimiter& bulkhead, std::string name)
        : bulkhead_{bulkhead}, name_{std::move(name)} {}

    std::vector<MetricFamily> Collect() const override {
        return {{"outrigger_limit_in_use", "Slots taken.", MetricType::Gauge, {gauge(bulkhead_.in_use())}},
                {"outrigger_limit_waiting", "Calls in the queue.", MetricType::Gauge, {gauge(bulkhead_.waiting())}},
                {"outrigger_limit_refused_total",
                 "Calls turned away, or, in shadow mode, that would have been.",
                 MetricType::Counter,
                 {counted(bulkhead_.refused(), name_)}}};
    }

private:
    [[nodiscard]] ClientMetric gauge(std::uint32_t value) const {
        ClientMetric metric = labelled(name_);
        metric.gauge.value = value;
        return metric;
    }

    const resilience::ConcurrencyLimiter& bulkhead_;
    std::string name_;
};

class RateLimitMetrics final : public prometheus::Collectable {
public:
    RateLimitMetrics(const resilience::RateLimiter& rate, std::string name) : rate_{rate}, name_{std::move(name)} {}

    std::vector<MetricFamily> Collect() const override {
        return {{"outrigger_rate_limit_refused_total",
                 "Calls turned away, or, in shadow mode, that would have been.",
                 MetricType::Counter,
                 {counted(rate_.refused(), name_)}}};
    }

private:
    const resilience::RateLimiter& rate_;
    const std::string name_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> limit_metrics(const resilience::ConcurrencyLimiter& bulkhead, std::string name) {
    return std::make_shared<LimitMetrics>(bulkhead, std::move(name));
}

std::shared_ptr<prometheus::Collectable> limit_metrics(const resilience::RateLimiter& rate, std::string name) {
    return std::make_shared<RateLimitMetrics>(rate, std::move(name));
}

}  // namespace outrigger::middleware
