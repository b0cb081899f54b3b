// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/health_metrics.hpp>

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace outrigger::middleware {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric gauge(const std::string& check, double value) {
    ClientMetric metric;
    metric.label = {{"check", check}};
    metric.gauge.value = value;
    return metric;
}

class HealthMetrics final : public prometheus::Collectable {
public:
    explicit HealthMetrics(const health::Registry& registry) : published_{registry.published()} {}

    std::vector<MetricFamily> Collect() const override {
        MetricFamily up{"outrigger_health_check_up",
                        "1: up or degraded; 0: down or not checked yet.",
                        MetricType::Gauge,
                        {}};
        MetricFamily duration{"outrigger_health_check_duration_seconds",
                              "How long the last run of the check took.",
                              MetricType::Gauge,
                              {}};
        const auto pages = published_->read();
        for (const auto& standing : pages->checks) {
            const bool well =
                standing->status == health::Status::up || standing->status == health::Status::degraded;
            up.metric.push_back(gauge(standing->key, well ? 1.0 : 0.0));
            if (standing->took)
                duration.metric.push_back(
                    gauge(standing->key, std::chrono::duration<double>{*standing->took}.count()));
        }
        std::vector<MetricFamily> families;   // none without series
        for (MetricFamily* family : {&up, &duration})
            if (!family->metric.empty()) families.push_back(std::move(*family));
        return families;
    }

private:
    const std::shared_ptr<const health::Published<health::Pages>> published_;
};

}   // namespace

std::shared_ptr<prometheus::Collectable> health_metrics(const health::Registry& registry) {
    return std::make_shared<HealthMetrics>(registry);
}

HealthChanges::HealthChanges()
    : registry_{std::make_shared<prometheus::Registry>()},
      changes_{&prometheus::BuildCounter()
                    .Name("outrigger_health_changes_total")
                    .Help("How often the check became so.")
                    .Register(*registry_)} {}

void HealthChanges::count(const health::CheckChanged& changed) {
    changes_->Add({{"check", std::string{changed.check}}, {"to", std::string{to_string(changed.to)}}}).Increment();
}

std::shared_ptr<prometheus::Collectable> HealthChanges::metrics() const { return registry_; }

}   // namespace outrigger::middleware
