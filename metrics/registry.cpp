// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/registry.hpp>
#include <outrigger/metrics/text_page.hpp>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <utility>

namespace outrigger::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

using LabelSet = std::vector<ClientMetric::Label>;

LabelSet sorted_labels(const ClientMetric& metric) {
    LabelSet labels = metric.label;
    std::sort(labels.begin(), labels.end());
    return labels;
}

// Adds the metrics that `into` does not have yet; returns how many it had.
std::uint64_t join(MetricFamily& into, MetricFamily from) {
    std::set<LabelSet> known;
    for (const auto& metric : into.metric) known.insert(sorted_labels(metric));
    std::uint64_t duplicates = 0;
    for (auto& metric : from.metric) {
        if (known.insert(sorted_labels(metric)).second)
            into.metric.push_back(std::move(metric));
        else
            ++duplicates;
    }
    return duplicates;
}

}  // namespace

class Registry::Sources final : public prometheus::Collectable {
public:
    void absorb(std::shared_ptr<prometheus::Collectable> source) {
        if (!source) throw std::invalid_argument("a registry cannot absorb a null pointer");
        if (source.get() == this) throw std::invalid_argument("a registry cannot absorb itself");
        const std::scoped_lock lock{mutex_};
        sources_.push_back(std::move(source));
    }

    std::vector<MetricFamily> Collect() const override {
        std::map<std::string, MetricFamily> page;
        for (const auto& source : sources()) collect_from(*source, page);
        add(errors(), page);
        std::vector<MetricFamily> families;
        families.reserve(page.size());
        for (auto& [name, family] : page) families.push_back(std::move(family));
        return families;
    }

private:
    std::vector<std::shared_ptr<prometheus::Collectable>> sources() const {
        const std::scoped_lock lock{mutex_};
        return sources_;
    }

    void collect_from(const prometheus::Collectable& source,
                      std::map<std::string, MetricFamily>& page) const {
        try {
            for (auto& family : source.Collect()) add(std::move(family), page);
        } catch (...) {  // foreign code: whatever it throws, the page goes on without it
            failed_.fetch_add(1, std::memory_order_relaxed);
        }
    }

    void add(MetricFamily family, std::map<std::string, MetricFamily>& page) const {
        const auto known = page.find(family.name);
        if (known == page.end()) {
            std::string name = family.name;
            page.emplace(std::move(name), std::move(family));
        } else if (known->second.type != family.type) {
            type_clashes_.fetch_add(1, std::memory_order_relaxed);
        } else {
            duplicates_.fetch_add(join(known->second, std::move(family)), std::memory_order_relaxed);
        }
    }

    MetricFamily errors() const {
        MetricFamily family{
            "outrigger_scrape_source_errors_total",
            "What a scrape had to leave out: a source that failed, a family whose name has another type "
            "elsewhere, a series that is there already.",
            prometheus::MetricType::Counter,
            {}};
        const std::pair<const char*, std::uint64_t> causes[] = {
            {"failed", failed_.load(std::memory_order_relaxed)},
            {"type_clash", type_clashes_.load(std::memory_order_relaxed)},
            {"duplicate_series", duplicates_.load(std::memory_order_relaxed)}};
        for (const auto& [cause, count] : causes) {
            ClientMetric metric;
            metric.label = {{"cause", cause}};
            metric.counter.value = static_cast<double>(count);
            family.metric.push_back(std::move(metric));
        }
        return family;
    }

    mutable std::mutex mutex_;  // guards sources_; never held while collecting
    std::vector<std::shared_ptr<prometheus::Collectable>> sources_;
    mutable std::atomic<std::uint64_t> failed_{0};
    mutable std::atomic<std::uint64_t> type_clashes_{0};
    mutable std::atomic<std::uint64_t> duplicates_{0};
};

Registry::Registry() : sources_{std::make_shared<Sources>()} {}
Registry::~Registry() = default;

void Registry::absorb(std::shared_ptr<prometheus::Collectable> source) {
    sources_->absorb(std::move(source));
}

std::vector<MetricFamily> Registry::collect() const { return sources_->Collect(); }

std::string Registry::text_page() const { return metrics::text_page(collect()); }

std::shared_ptr<prometheus::Collectable> Registry::collectable() const { return sources_; }

}  // namespace outrigger::metrics
