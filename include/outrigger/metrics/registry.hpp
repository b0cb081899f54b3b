// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/http_client.hpp>
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/instrument_family.hpp>
#include <outrigger/metrics/source.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace outrigger::metrics {

// What one /metrics page consists of: our own instruments, and whatever else is a Source or a
// prometheus::Collectable, such as a registry of prometheus-cpp. No global instance; make as many as there are
// pages.
//
//     auto requests = registry.counter("orders_total", "Orders taken.", metrics::labels("method", "route"));
//     auto gets = requests.with("GET", "/orders");   // once
//     gets.increment();                              // where it matters
//
// Registering throws std::invalid_argument, with a sentence that says why, for what would not make a sound page: a
// name that is not allowed, a reserved label (le, quantile, __*), a name that is taken by another type, bounds that
// do not ascend. The same family registered again is the same family; with anything different it is refused.
// After that nothing throws but std::bad_alloc, in a look-up.
//
// Thread-safe. A scrape holds no lock while it collects, so a slow source delays only the scrape that meets
// it.
class Registry {
public:
    Registry();                                              // by the system's clocks
    explicit Registry(std::shared_ptr<const Clock> clock);   // null: the same
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    // Counters: the name ends in _total.
    Counter counter(std::string name, std::string help, FamilySettings settings = {}) {
        return series<Counter>(std::move(name), std::move(help), {}, std::move(settings));
    }
    template <std::size_t N>
    Family<Counter, N> counter(std::string name, std::string help, LabelNames<N> labels, FamilySettings settings = {}) {
        return family<Counter>(std::move(name), std::move(help), std::move(labels), {}, std::move(settings));
    }

    Gauge gauge(std::string name, std::string help, FamilySettings settings = {}) {
        return series<Gauge>(std::move(name), std::move(help), {}, std::move(settings));
    }
    template <std::size_t N>
    Family<Gauge, N> gauge(std::string name, std::string help, LabelNames<N> labels, FamilySettings settings = {}) {
        return family<Gauge>(std::move(name), std::move(help), std::move(labels), {}, std::move(settings));
    }

    Histogram histogram(std::string name, std::string help, Histogram::Settings shape = {}, FamilySettings settings = {}) {
        return series<Histogram>(std::move(name), std::move(help), std::move(shape), std::move(settings));
    }
    template <std::size_t N>
    Family<Histogram, N> histogram(std::string name, std::string help, LabelNames<N> labels,
                                   Histogram::Settings shape = {}, FamilySettings settings = {}) {
        return family<Histogram>(std::move(name), std::move(help), std::move(labels), std::move(shape), std::move(settings));
    }

    NativeHistogram native_histogram(std::string name, std::string help, NativeHistogram::Settings shape = {},
                                     FamilySettings settings = {}) {
        return series<NativeHistogram>(std::move(name), std::move(help), std::move(shape), std::move(settings));
    }
    template <std::size_t N>
    Family<NativeHistogram, N> native_histogram(std::string name, std::string help, LabelNames<N> labels,
                                                NativeHistogram::Settings shape = {}, FamilySettings settings = {}) {
        return family<NativeHistogram>(std::move(name), std::move(help), std::move(labels), std::move(shape), std::move(settings));
    }

    StateSet state_set(std::string name, std::string help, StateSet::Settings states, FamilySettings settings = {}) {
        return series<StateSet>(std::move(name), std::move(help), std::move(states), std::move(settings));
    }
    template <std::size_t N>
    Family<StateSet, N> state_set(std::string name, std::string help, LabelNames<N> labels, StateSet::Settings states,
                                  FamilySettings settings = {}) {
        return family<StateSet>(std::move(name), std::move(help), std::move(labels), std::move(states), std::move(settings));
    }

    // What does not change, such as a version: a series whose value is 1. The name ends in _info. A family may have
    // several.
    void info(std::string name, std::string help, Labels labels);

    // The HTTP server instruments of this page, the same for all that share it; by default those that are there. Throws
    // std::invalid_argument for a series_max that is out of range, or another one than the default and that of the first.
    [[nodiscard]] HttpServerInstruments http_server(HttpServerSettings settings = {});
    // The same for the HTTP client instruments.
    [[nodiscard]] HttpClientInstruments http_client(HttpClientSettings settings = {});

    // From now on every scrape includes this source. Throws std::invalid_argument for a null pointer and for
    // this registry itself.
    void absorb(std::shared_ptr<const Source> source);
    void absorb(std::shared_ptr<prometheus::Collectable> source);

    // All families of all sources, sorted by name, each name once: families of the same name and type are
    // joined, and a series that is there already is left out. Of two types under one name the first absorbed
    // wins, and a source that throws is left out: a broken source never costs the page. All three are counted
    // in `outrigger_scrape_source_errors_total{cause}`, which is part of what is returned, as is
    // `outrigger_series_overflow_total{family}` where a family has a cap.
    [[nodiscard]] std::vector<MetricFamily> collect() const;

    // collect() as Prometheus text 0.0.4; see text_page.hpp for its content type.
    [[nodiscard]] std::string text_page() const;

    // This registry as a source, for another registry, and for prometheus::Exposer (which keeps a weak pointer:
    // the registry must live).
    [[nodiscard]] std::shared_ptr<const Source> source() const;
    [[nodiscard]] std::shared_ptr<prometheus::Collectable> collectable() const;

private:
    class Sources;

    // Defined for the five instruments.
    template <class Instrument>
    std::shared_ptr<FamilyCore<Instrument>> registered(std::string name, std::string help, std::vector<std::string> labels,
                                                       typename Instrument::Settings shape, FamilySettings settings);

    template <class Instrument, std::size_t N>
    Family<Instrument, N> family(std::string name, std::string help, LabelNames<N> labels,
                                 typename Instrument::Settings shape, FamilySettings settings) {
        return Family<Instrument, N>{registered<Instrument>(std::move(name), std::move(help),
                                                            {labels.names.begin(), labels.names.end()},
                                                            std::move(shape), std::move(settings))};
    }
    template <class Instrument>
    Instrument series(std::string name, std::string help, typename Instrument::Settings shape, FamilySettings settings) {
        return family<Instrument>(std::move(name), std::move(help), LabelNames<0>{}, std::move(shape), std::move(settings)).with();
    }

    std::shared_ptr<Sources> sources_;
};

}  // namespace outrigger::metrics
