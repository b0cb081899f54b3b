// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>
#include <outrigger/metrics/source.hpp>

#include <memory>
#include <string>
#include <vector>

namespace outrigger::metrics {

// What one /metrics page consists of: our own instruments, and whatever else is a Source or a
// prometheus::Collectable, such as a registry of prometheus-cpp. No global instance; make as many as there are
// pages.
//
// Thread-safe. A scrape holds no lock while it collects, so a slow source delays only the scrape that meets
// it.
class Registry {
public:
    Registry();
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

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
    std::shared_ptr<Sources> sources_;
};

}  // namespace outrigger::metrics
