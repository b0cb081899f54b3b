// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/metrics/page.hpp>
#include <outrigger/metrics/source.hpp>
#include <outrigger/middleware/operational_log.hpp>

#include "sidecar/admin/http_call.hpp"

namespace outrigger::admin {

// The app's own metrics page as a part of ours: scraped when we are, read, and joined by the registry. Whatever is
// wrong with it costs only its own families. Its `process_*` and `outrigger_*` are left out: under these names stands
// the sidecar. How it goes, these tell:
//   outrigger_app_metrics_up                 gauge: the last scrape of it succeeded
//   outrigger_app_metrics_duration_seconds   gauge: how long that took
//   outrigger_app_metrics_series             gauge: how many series it brought
//   outrigger_app_metrics_failures_total     counter, label cause: a reason, or status, too_large, malformed
class AppMetrics final : public metrics::Source {
public:
    struct Settings {
        std::string host;            // for the Host field
        std::string path;            // with its query
        std::string authorization;   // empty: none
        Duration timeout{};          // of one scrape
    };
    // `changed` is told, on the thread that collects, when it comes up and when it goes down or fails for another
    // reason.
    AppMetrics(Settings settings, upstream::Cluster& app, net::Worker& worker,
               std::function<void(const middleware::AppMetricsChanged&)> changed)
        : settings_{std::move(settings)}, app_{app}, worker_{worker}, changed_{std::move(changed)} {}

    // Scrapes the app. On the worker's thread; one at a time.
    [[nodiscard]] Task<void> refresh(Wait wait);
    [[nodiscard]] Duration timeout() const noexcept { return settings_.timeout; }

    // What the last refresh() brought. Any thread.
    void collect(std::vector<metrics::MetricFamily>& into) const override;

private:
    struct Scraped {
        metrics::PageFormat format = metrics::PageFormat::text;
        std::string page;
        std::string_view cause;   // empty: it is there
        std::string why;
        Duration took{};
    };
    [[nodiscard]] Task<void> scrape(Scraped& scraped, Wait wait);
    // With mutex_ held.
    void tell(std::string_view cause, std::string_view why) const;
    void collect_own(std::vector<metrics::MetricFamily>& into, const Scraped& scraped, std::size_t series,
                     bool up) const;

    const Settings settings_;
    upstream::Cluster& app_;
    net::Worker& worker_;
    const std::function<void(const middleware::AppMetricsChanged&)> changed_;

    mutable std::mutex mutex_;   // guards what follows; held for moments, never while waiting
    std::shared_ptr<const Scraped> latest_;
    mutable std::map<std::string, std::uint64_t, std::less<>> failures_;   // by cause: a dozen at most
    mutable std::string state_ = "unknown";   // what changed_ was told last: a cause, or empty
};

}  // namespace outrigger::admin
