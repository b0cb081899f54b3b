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

std::vector<Label> sorted(const Labels& labels) {
    std::vector<Label> all{labels.all().begin(), labels.all().end()};
    std::sort(all.begin(), all.end());
    return all;
}

// Adds the series that `into` does not have yet; returns how many it had.
template <class Series>
std::uint64_t join(std::vector<Series>& into, std::vector<Series> from) {
    if (from.empty()) return 0;
    std::set<std::vector<Label>> known;
    for (const auto& series : into) known.insert(sorted(series.labels));
    std::uint64_t duplicates = 0;
    into.reserve(into.size() + from.size());
    for (auto& series : from) {
        if (known.insert(sorted(series.labels)).second)
            into.push_back(std::move(series));   // the labels are shared, the views in `known` stay
        else
            ++duplicates;
    }
    return duplicates;
}

using Page = std::map<std::string, MetricFamily>;

// How much of each capped family was folded; there from the first scrape, as a zero, so that a rate over it
// sees the first one too.
MetricFamily overflow(const Page& page) {
    MetricFamily family{.name = "outrigger_series_overflow_total",
                        .help = "Observations counted in the series \"other\" because the family was full.",
                        .type = MetricType::counter};
    for (const auto& [name, capped] : page)
        if (capped.series_max != 0)
            family.numbers.push_back({.labels = {{"family", name}}, .value = static_cast<double>(capped.folded)});
    return family;
}

}  // namespace

class Registry::Sources final : public Source, public prometheus::Collectable {
public:
    void absorb(std::shared_ptr<const Source> source) {
        if (!source) throw std::invalid_argument("a registry cannot absorb a null pointer");
        if (source.get() == this) throw std::invalid_argument("a registry cannot absorb itself");
        const std::scoped_lock lock{mutex_};
        sources_.push_back(std::move(source));
    }
    void absorb(std::shared_ptr<prometheus::Collectable> source) {
        if (source.get() == this) throw std::invalid_argument("a registry cannot absorb itself");
        absorb(source_of(std::move(source)));
    }

    void collect(std::vector<MetricFamily>& into) const override {
        Page page;
        for (const auto& source : sources()) collect_from(*source, page);
        if (auto folded = overflow(page); !folded.empty()) add(std::move(folded), page);
        add(errors(), page);
        into.reserve(into.size() + page.size());
        for (auto& [name, family] : page) into.push_back(std::move(family));
    }

    std::vector<prometheus::MetricFamily> Collect() const override {
        std::vector<MetricFamily> ours;
        collect(ours);
        std::vector<prometheus::MetricFamily> theirs;
        theirs.reserve(ours.size());
        for (const auto& family : ours) theirs.push_back(prometheus_family_of(family));
        return theirs;
    }

private:
    std::vector<std::shared_ptr<const Source>> sources() const {
        const std::scoped_lock lock{mutex_};
        return sources_;
    }

    void collect_from(const Source& source, Page& page) const {
        std::vector<MetricFamily> families;   // nothing of a source that throws halfway
        try {
            source.collect(families);
        } catch (...) {  // foreign code: whatever it throws, the page goes on without it
            failed_.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        for (auto& family : families) add(std::move(family), page);
    }

    void add(MetricFamily family, Page& page) const {
        const auto known = page.find(family.name);
        if (known == page.end()) {
            std::string name = family.name;
            page.emplace(std::move(name), std::move(family));
        } else if (known->second.type != family.type) {
            type_clashes_.fetch_add(1, std::memory_order_relaxed);
        } else {
            MetricFamily& into = known->second;
            const auto duplicates = join(into.numbers, std::move(family.numbers)) +
                                    join(into.histograms, std::move(family.histograms)) +
                                    join(into.summaries, std::move(family.summaries));
            duplicates_.fetch_add(duplicates, std::memory_order_relaxed);
            into.series_max += family.series_max;
            into.folded += family.folded;
        }
    }

    MetricFamily errors() const {
        MetricFamily family{
            .name = "outrigger_scrape_source_errors_total",
            .help = "What a scrape had to leave out: a source that failed, a family whose name has another type "
                    "elsewhere, a series that is there already.",
            .type = MetricType::counter};
        const std::pair<const char*, std::uint64_t> causes[] = {
            {"failed", failed_.load(std::memory_order_relaxed)},
            {"type_clash", type_clashes_.load(std::memory_order_relaxed)},
            {"duplicate_series", duplicates_.load(std::memory_order_relaxed)}};
        for (const auto& [cause, count] : causes)
            family.numbers.push_back({.labels = {{"cause", cause}}, .value = static_cast<double>(count)});
        return family;
    }

    mutable std::mutex mutex_;  // guards sources_; never held while collecting
    std::vector<std::shared_ptr<const Source>> sources_;
    mutable std::atomic<std::uint64_t> failed_{0};
    mutable std::atomic<std::uint64_t> type_clashes_{0};
    mutable std::atomic<std::uint64_t> duplicates_{0};
};

Registry::Registry() : sources_{std::make_shared<Sources>()} {}
Registry::~Registry() = default;

void Registry::absorb(std::shared_ptr<const Source> source) { sources_->absorb(std::move(source)); }
void Registry::absorb(std::shared_ptr<prometheus::Collectable> source) { sources_->absorb(std::move(source)); }

std::vector<MetricFamily> Registry::collect() const {
    std::vector<MetricFamily> families;
    sources_->collect(families);
    return families;
}

std::string Registry::text_page() const { return metrics::text_page(collect()); }

std::shared_ptr<const Source> Registry::source() const { return sources_; }
std::shared_ptr<prometheus::Collectable> Registry::collectable() const { return sources_; }

}  // namespace outrigger::metrics
