// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/log_metrics.hpp>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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

ClientMetric gauge(double value) {
    ClientMetric metric;
    metric.gauge.value = value;
    return metric;
}

ClientMetric labelled(std::string label, std::string_view word, std::uint64_t value) {
    ClientMetric metric = counter(value);
    metric.label = {{std::move(label), std::string{word}}};
    return metric;
}
ClientMetric dropped(std::string_view reason, std::uint64_t value) { return labelled("reason", reason, value); }

// A counter for each word.
template <std::size_t N>
std::vector<ClientMetric> each(const char* label, const std::array<std::string_view, N>& words,
                               const std::array<std::uint64_t, N>& values) {
    std::vector<ClientMetric> metrics;
    for (std::size_t i = 0; i < N; ++i) metrics.push_back(labelled(label, words[i], values[i]));
    return metrics;
}

class LogMetrics final : public prometheus::Collectable {
public:
    explicit LogMetrics(const logging::Writer& writer) : writer_{writer} {}

    std::vector<MetricFamily> Collect() const override {
        const logging::WriterStats stats = writer_.stats();
        return {{"outrigger_log_accepted_total", "Log lines taken.", MetricType::Counter, {counter(stats.accepted)}},
                {"outrigger_log_delivered_total", "Log lines written.", MetricType::Counter, {counter(stats.written)}},
                {"outrigger_log_dropped_total",
                 "Log lines lost: full, because their reader is slow, or write_failed.",
                 MetricType::Counter,
                 {dropped("full", stats.dropped), dropped("write_failed", stats.lost)}},
                {"outrigger_log_in_hand", "Log lines taken and not yet written.", MetricType::Gauge, {gauge(static_cast<double>(stats.in_hand))}}};
    }

private:
    const logging::Writer& writer_;
};

class ShippingMetrics final : public prometheus::Collectable {
public:
    ShippingMetrics(std::function<logging::ShipperStats()> stats, const Clock& clock)
        : stats_{std::move(stats)}, clock_{clock} {}

    std::vector<MetricFamily> Collect() const override {
        const logging::ShipperStats stats = stats_();
        const logging::Ledger& ledger = stats.ledger;
        const Duration oldest = stats.spool.oldest ? clock_.wall() - *stats.spool.oldest : Duration::zero();
        const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
        return {
            {"outrigger_log_accepted_total", "Log records committed to the spool.", MetricType::Counter, {counter(ledger.accepted)}},
            {"outrigger_log_delivered_total", "Log records that the receiver has.", MetricType::Counter, {counter(ledger.delivered)}},
            {"outrigger_log_quarantined_total", "Log records that the receiver will never take, set aside.", MetricType::Counter,
             each("reason", logging::rejection_words, ledger.quarantined)},
            {"outrigger_log_dropped_total", "Log records accepted and lost.", MetricType::Counter,
             each("reason", logging::loss_words, ledger.dropped)},
            {"outrigger_log_spooled", "Log records that wait in the spool.", MetricType::Gauge, {gauge(count(ledger.spooled))}},
            {"outrigger_log_refused_total", "Log records never accepted: there was no room.", MetricType::Counter,
             each("severity", logging::severity_words, stats.refused)},
            {"outrigger_log_in_hand", "Log records taken and not yet accepted.", MetricType::Gauge, {gauge(count(stats.in_hand))}},
            {"outrigger_log_spool_bytes", "What the waiting log records take.", MetricType::Gauge,
             {gauge(count(stats.spool.used.count()))}},
            {"outrigger_log_oldest_seconds", "How long the oldest log record has been waiting.", MetricType::Gauge,
             {gauge(std::chrono::duration<double>{std::max(oldest, Duration::zero())}.count())}},
            {"outrigger_log_attempts_total", "Batches of log records sent.", MetricType::Counter,
             {labelled("outcome", "taken", stats.taken_attempts),
              labelled("outcome", "failed", stats.failed_attempts)}}};
    }

private:
    const std::function<logging::ShipperStats()> stats_;
    const Clock& clock_;
};

class IntakeMetrics final : public prometheus::Collectable {
public:
    explicit IntakeMetrics(const IntakeCounts& counts) : counts_{counts} {}

    std::vector<MetricFamily> Collect() const override {
        const auto of = [](const std::atomic<std::uint64_t>& figure) { return figure.load(std::memory_order_relaxed); };
        return {{"outrigger_log_intake_records_total", "Log records of the app that were accepted.", MetricType::Counter,
                 {counter(of(counts_.accepted))}},
                {"outrigger_log_intake_refused_total", "Posts of log records that were refused.", MetricType::Counter,
                 {dropped("bad", of(counts_.refused_bad)), dropped("full", of(counts_.refused_full))}},
                {"outrigger_log_intake_malformed_total", "Lines that were no JSON, kept as messages.", MetricType::Counter,
                 {counter(of(counts_.malformed))}}};
    }

private:
    const IntakeCounts& counts_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> shipping_metrics(std::function<logging::ShipperStats()> stats, const Clock& clock) {
    return std::make_shared<ShippingMetrics>(std::move(stats), clock);
}

std::shared_ptr<prometheus::Collectable> intake_metrics(const IntakeCounts& counts) {
    return std::make_shared<IntakeMetrics>(counts);
}

std::shared_ptr<prometheus::Collectable> log_metrics(const logging::Writer& writer) {
    return std::make_shared<LogMetrics>(writer);
}

}  // namespace outrigger::middleware
