// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/log_metrics.hpp>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

namespace outrigger::middleware {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric counter(std::uint64_t value) {
    ClientMetric metric;
    metric.counter.value = static_cast<double>(value);
    return metric;
}

ClientMetric dropped(std::string reason, std::uint64_t value) {
    ClientMetric metric = counter(value);
    metric.label = {{"reason", std::move(reason)}};
    return metric;
}

class LogMetrics final : public prometheus::Collectable {
public:
    explicit LogMetrics(const logging::Writer& writer) : writer_{writer} {}

    std::vector<MetricFamily> Collect() const override {
        const logging::WriterStats stats = writer_.stats();
        ClientMetric in_hand;
        in_hand.gauge.value = static_cast<double>(stats.in_hand);
        return {{"outrigger_log_accepted_total", "Log lines taken.", MetricType::Counter, {counter(stats.accepted)}},
                {"outrigger_log_delivered_total", "Log lines written.", MetricType::Counter, {counter(stats.written)}},
                {"outrigger_log_dropped_total",
                 "Log lines lost: full, because their reader is slow, or write_failed.",
                 MetricType::Counter,
                 {dropped("full", stats.dropped), dropped("write_failed", stats.lost)}},
                {"outrigger_log_in_hand", "Log lines taken and not yet written.", MetricType::Gauge, {in_hand}}};
    }

private:
    const logging::Writer& writer_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> log_metrics(const logging::Writer& writer) {
    return std::make_shared<LogMetrics>(writer);
}

}  // namespace outrigger::middleware
