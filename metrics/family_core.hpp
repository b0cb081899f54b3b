// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include "family_spec.hpp"
#include "native_series.hpp"
#include "published_list.hpp"
#include "utf8_text.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace outrigger::metrics {

// All series of a family. Who looks a series up takes the series' lock; who records takes none; a scrape takes the
// scrapes' own lock and reads the published list, so that it never holds up a look-up either, except for the moment
// in which it forgets an idle series.
template <class Instrument>
class FamilyCore final : public RegisteredFamily {
public:
    using Series = typename Instrument::Series;
    using Shape = typename Series::Shape;
    using Settings = typename Instrument::Settings;

    FamilyCore(FamilySpec spec, Settings settings, std::shared_ptr<const Clock> clock, std::shared_ptr<CellStore> cells)
        : RegisteredFamily{std::move(spec)},
          clock_{std::move(clock)},
          shape_{std::make_shared<Shape>(std::move(settings), std::move(cells))} {}

    [[nodiscard]] const Settings& settings() const noexcept { return shape_->settings; }

    [[nodiscard]] Instrument with(std::span<const std::string_view> values) {
        const std::string key = key_of(values);
        const std::scoped_lock lock{series_mutex_};
        if (const auto known = series_.find(key); known != series_.end()) return handle(known->second);
        if (series_.size() - (other_ ? 1 : 0) < spec().settings.series_max || values.empty())
            return handle(made(key, values));
        folded_.fetch_add(1, std::memory_order_relaxed);
        return handle(other());
    }

    void collect(std::vector<MetricFamily>& into) const override {
        MetricFamily family{.name = spec().name,
                            .help = spec().help,
                            .type = type_of(spec().kind),
                            .unit = spec().settings.unit,
                            .series_max = spec().labels.empty() ? 0 : spec().settings.series_max};
        {
            const std::scoped_lock lock{scrape_mutex_};
            if (family.type == MetricType::histogram)
                family.histograms.reserve(list_.places());
            else
                family.numbers.reserve(list_.places());
            const Instant now = expires() ? clock_->now() : Instant{};
            list_.each([&](Entry& entry) {
                if (!(expires() && is_idle(entry, now) && forgotten(entry)))
                    entry.series.append_to(family, entry.labels, entry.created);
            });
        }
        family.folded = folded_.load(std::memory_order_relaxed);
        into.push_back(std::move(family));
        append_refusals(into);
    }

private:
    struct Entry {
        Entry(std::string with_key, Labels of, WallTime now, std::shared_ptr<Shape> shape)
            : key{std::move(with_key)}, labels{std::move(of)}, created{now}, series{std::move(shape), labels} {}

        const std::string key;
        const Labels labels;
        const WallTime created;
        std::uint32_t place = 0;   // in the list
        Series series;
        // A scrape's own:
        std::uint64_t activity = 0;
        Instant changed{};   // when a scrape first saw this activity; the clock's beginning: no scrape came yet
    };

    // The values with a byte between them that is in none: they are UTF-8, as the page will have them.
    static std::string key_of(std::span<const std::string_view> values) {
        std::string key;
        std::size_t size = values.size();
        for (const auto value : values) size += value.size();
        key.reserve(size);
        for (const auto value : values) {
            append_utf8(key, value);
            key += '\xff';
        }
        return key;
    }

    static Instrument handle(const std::shared_ptr<Entry>& entry) {
        return Instrument{std::shared_ptr<Series>{entry, &entry->series}};
    }

    // Under the series' lock.
    const std::shared_ptr<Entry>& made(const std::string& key, std::span<const std::string_view> values) {
        std::vector<Label> labels;
        for (std::size_t i = 0; i < values.size(); ++i) labels.push_back({spec().labels[i], values[i]});
        auto entry = std::make_shared<Entry>(key, Labels{labels}, clock_->wall(), shape_);
        const auto known = series_.emplace(key, std::move(entry)).first;
        try {
            known->second->place = list_.add(*known->second);
        } catch (...) {
            series_.erase(known);
            throw;
        }
        return known->second;
    }

    const std::shared_ptr<Entry>& other() {
        if (!other_) {
            const std::vector<std::string_view> values(spec().labels.size(), "other");
            const std::string key = key_of(values);
            const auto known = series_.find(key);
            other_ = known != series_.end() ? known->second : made(key, values);
        }
        return other_;
    }

    bool expires() const noexcept { return spec().settings.idle > Duration::zero(); }

    // Under the scrapes' lock.
    bool is_idle(Entry& entry, Instant now) const {
        const std::uint64_t activity = entry.series.activity();
        if (entry.changed == Instant{} || activity != entry.activity) {
            entry.activity = activity;
            entry.changed = now;
        }
        return now - entry.changed >= spec().settings.idle;
    }

    // Unless somebody holds a handle. A new one cannot be made meanwhile: that takes the same lock, and an existing
    // one to copy.
    bool forgotten(Entry& entry) const {
        std::shared_ptr<Entry> last;   // destroyed after the lock is given back
        const std::scoped_lock lock{series_mutex_};
        const auto known = series_.find(entry.key);
        if (known->second.use_count() > 1) return false;
        last = std::move(known->second);
        list_.remove(last->place);
        series_.erase(known);
        return true;
    }

    void append_refusals(std::vector<MetricFamily>& into) const {
        MetricFamily family{.name = "outrigger_metrics_refused_total",
                            .help = "What an instrument was given and did not record.",
                            .type = MetricType::counter};
        for (const auto why : {Refusal::negative, Refusal::not_finite, Refusal::exemplar_too_long})
            if (const std::uint64_t count = shape_->refused.of(why); count != 0)
                family.numbers.push_back({.labels = {{"family", spec().name}, {"cause", to_string(why)}},
                                          .value = static_cast<double>(count)});
        if (!family.empty()) into.push_back(std::move(family));
    }

    const std::shared_ptr<const Clock> clock_;
    const std::shared_ptr<Shape> shape_;
    mutable std::mutex scrape_mutex_;   // among scrapes only; taken before series_mutex_
    mutable std::mutex series_mutex_;   // guards what follows; never held while collecting
    mutable std::unordered_map<std::string, std::shared_ptr<Entry>> series_;
    mutable PublishedList<Entry> list_;
    std::shared_ptr<Entry> other_;      // in series_ too; held here, so it is never forgotten
    std::atomic<std::uint64_t> folded_{0};
};

}  // namespace outrigger::metrics
