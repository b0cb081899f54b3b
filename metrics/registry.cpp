// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/registry.hpp>
#include <outrigger/metrics/text_page.hpp>

#include "family_core.hpp"
#include "info_family.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
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

constexpr const char* overflow_name = "outrigger_series_overflow_total";
constexpr const char* errors_name = "outrigger_scrape_source_errors_total";

// How much of each capped family was folded; there from the first scrape, as a zero, so that a rate over it
// sees the first one too. Not of those whose own registry, absorbed by this one, has said so.
MetricFamily overflow(const Page& page) {
    std::set<std::string_view> said;
    if (const auto there = page.find(overflow_name); there != page.end())
        for (const auto& series : there->second.numbers) said.insert(series.labels.value("family"));
    MetricFamily family{.name = overflow_name,
                        .help = "Observations, or look-ups, that went to the series \"other\" because the family was full.",
                        .type = MetricType::counter};
    for (const auto& [name, capped] : page)
        if (capped.series_max != 0 && !said.contains(name))
            family.numbers.push_back({.labels = {{"family", name}}, .value = static_cast<double>(capped.folded)});
    return family;
}

// What registries that this one absorbed had to leave out, by cause; taken off the page.
std::map<std::string, double, std::less<>> errors_within(Page& page) {
    std::map<std::string, double, std::less<>> counts;
    if (const auto inner = page.extract(errors_name))
        for (const auto& series : inner.mapped().numbers) counts[std::string{series.labels.value("cause")}] += series.value;
    return counts;
}

}  // namespace

class Registry::Sources final : public Source, public prometheus::Collectable {
public:
    explicit Sources(std::shared_ptr<const Clock> clock)
        : clock_{clock ? std::move(clock) : std::make_shared<const SystemClock>()} {}

    // The family of that name: the one that is there if it is the same in everything, else a new one.
    template <class Instrument>
    std::shared_ptr<FamilyCore<Instrument>> registered(FamilySpec spec, typename Instrument::Settings settings) {
        check(spec);
        check(settings, spec);
        const std::scoped_lock lock{mutex_};
        if (auto known = find<FamilyCore<Instrument>>(spec)) {
            if (known->settings() == settings) return known;
            refuse(spec, "it is there already, with other settings");
        }
        auto fresh = std::make_shared<FamilyCore<Instrument>>(std::move(spec), std::move(settings), clock_, cells_);
        keep(fresh);
        return fresh;
    }

    void info(FamilySpec spec, Labels labels) {
        check(spec);
        const std::scoped_lock lock{mutex_};
        auto family = find<InfoFamily>(spec);
        if (!family) keep(family = std::make_shared<InfoFamily>(std::move(spec)));
        family->add(std::move(labels));
    }

    HttpServerInstruments http_server(HttpServerSettings settings) { return one_of(http_server_, settings, "server"); }
    HttpClientInstruments http_client(HttpClientSettings settings) { return one_of(http_client_, settings, "client"); }

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
        const auto within = errors_within(page);
        add(errors(within), page);
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
    // What all servers, or all clients, of this page share, once one has asked.
    template <class Instruments>
    struct Shared {
        std::optional<Instruments> made;
        std::uint32_t series_max = 0;
    };
    template <class Instruments, class Settings>
    Instruments one_of(Shared<Instruments>& shared, const Settings& settings, const char* side) {
        const std::scoped_lock lock{mutex_};
        if (shared.made && settings.series_max != shared.series_max && settings.series_max != Settings{}.series_max)
            throw std::invalid_argument("the registry's HTTP " + std::string{side} +
                                        " instruments are there already, with a series_max of " +
                                        std::to_string(shared.series_max) + " instead of " +
                                        std::to_string(settings.series_max));
        if (!shared.made) {
            Instruments made{settings};
            sources_.push_back(made.source());
            shared = {std::move(made), settings.series_max};
        }
        return *shared.made;
    }

    [[noreturn]] static void refuse(const FamilySpec& spec, const std::string& why) {
        throw std::invalid_argument("the metric family \"" + spec.name + "\" cannot be registered: " + why);
    }

    // Of this name and kind; nothing: the name is free. Under the lock.
    template <class RegisteredAs>
    std::shared_ptr<RegisteredAs> find(const FamilySpec& spec) const {
        for (const auto& name : reserved_names(spec)) {
            const auto known = registered_.find(name);
            if (known == registered_.end()) continue;
            const FamilySpec& theirs = known->second->spec();
            if (theirs == spec) return std::static_pointer_cast<RegisteredAs>(known->second);   // the kind is the same
            if (theirs.name != spec.name || type_of(theirs.kind) != type_of(spec.kind))
                refuse(spec, "\"" + name + "\" belongs to the " + std::string{to_string(type_of(theirs.kind))} + " \"" + theirs.name + "\"");
            refuse(spec, "it is there already, with another help text, labels or settings");
        }
        return nullptr;
    }

    void keep(const std::shared_ptr<RegisteredFamily>& family) {
        for (auto& name : reserved_names(family->spec())) registered_.emplace(std::move(name), family);
        sources_.push_back(family);
    }

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

    MetricFamily errors(const std::map<std::string, double, std::less<>>& within) const {
        MetricFamily family{
            .name = errors_name,
            .help = "What a scrape had to leave out: a source that failed, a family whose name has another type "
                    "elsewhere, a series that is there already.",
            .type = MetricType::counter};
        const std::pair<const char*, std::uint64_t> causes[] = {
            {"failed", failed_.load(std::memory_order_relaxed)},
            {"type_clash", type_clashes_.load(std::memory_order_relaxed)},
            {"duplicate_series", duplicates_.load(std::memory_order_relaxed)}};
        for (const auto& [cause, count] : causes) {
            const auto inner = within.find(cause);
            family.numbers.push_back({.labels = {{"cause", cause}},
                                      .value = static_cast<double>(count) + (inner != within.end() ? inner->second : 0.0)});
        }
        return family;
    }

    const std::shared_ptr<const Clock> clock_;
    const std::shared_ptr<CellStore> cells_ = std::make_shared<CellStore>();
    mutable std::mutex mutex_;  // guards what follows; never held while collecting
    std::map<std::string, std::shared_ptr<RegisteredFamily>, std::less<>> registered_;   // by all their reserved names
    std::vector<std::shared_ptr<const Source>> sources_;
    Shared<HttpServerInstruments> http_server_;
    Shared<HttpClientInstruments> http_client_;
    mutable std::atomic<std::uint64_t> failed_{0};
    mutable std::atomic<std::uint64_t> type_clashes_{0};
    mutable std::atomic<std::uint64_t> duplicates_{0};
};

Registry::Registry() : Registry{nullptr} {}
Registry::Registry(std::shared_ptr<const Clock> clock) : sources_{std::make_shared<Sources>(std::move(clock))} {}
Registry::~Registry() = default;

template <class Instrument>
std::shared_ptr<FamilyCore<Instrument>> Registry::registered(std::string name, std::string help,
                                                             std::vector<std::string> labels,
                                                             typename Instrument::Settings shape,
                                                             FamilySettings settings) {
    return sources_->registered<Instrument>(
        {Instrument::kind, std::move(name), std::move(help), std::move(labels), std::move(settings)}, std::move(shape));
}

template std::shared_ptr<FamilyCore<Counter>> Registry::registered<Counter>(
    std::string, std::string, std::vector<std::string>, Counter::Settings, FamilySettings);
template std::shared_ptr<FamilyCore<Gauge>> Registry::registered<Gauge>(
    std::string, std::string, std::vector<std::string>, Gauge::Settings, FamilySettings);
template std::shared_ptr<FamilyCore<Histogram>> Registry::registered<Histogram>(
    std::string, std::string, std::vector<std::string>, Histogram::Settings, FamilySettings);
template std::shared_ptr<FamilyCore<NativeHistogram>> Registry::registered<NativeHistogram>(
    std::string, std::string, std::vector<std::string>, NativeHistogram::Settings, FamilySettings);
template std::shared_ptr<FamilyCore<StateSet>> Registry::registered<StateSet>(
    std::string, std::string, std::vector<std::string>, StateSet::Settings, FamilySettings);

void Registry::info(std::string name, std::string help, Labels labels) {
    sources_->info({.kind = InstrumentKind::info, .name = std::move(name), .help = std::move(help)}, std::move(labels));
}

HttpServerInstruments Registry::http_server(HttpServerSettings settings) { return sources_->http_server(settings); }
HttpClientInstruments Registry::http_client(HttpClientSettings settings) { return sources_->http_client(settings); }

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
