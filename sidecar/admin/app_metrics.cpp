// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/app_metrics.hpp"

#include <chrono>
#include <utility>

#include <outrigger/metrics/parse_page.hpp>

namespace outrigger::admin {
namespace {

using metrics::MetricFamily;
using metrics::MetricType;

constexpr std::string_view accept =
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

MetricFamily single(std::string name, std::string help, double value, std::string unit = {}) {
    return {.name = std::move(name),
            .help = std::move(help),
            .type = MetricType::gauge,
            .unit = std::move(unit),
            .numbers = {{.labels = {}, .value = value}}};
}

// The sidecar's own, whatever the app says under these names: figures of two processes in one family could not be told
// apart, and every scrape would count the app's as duplicates.
bool kept_for_ours(std::string_view name) noexcept {
    return name.starts_with("process_") || name.starts_with("outrigger_");
}

double seconds(Duration length) noexcept { return std::chrono::duration<double>{length}.count(); }

}  // namespace

Task<void> AppMetrics::refresh(Wait wait) {
    const Instant began = worker_.scheduler.now();
    auto scraped = std::make_shared<Scraped>();
    co_await scrape(*scraped, wait);
    scraped->took = worker_.scheduler.now() - began;
    const std::scoped_lock lock{mutex_};
    latest_ = std::move(scraped);
}

Task<void> AppMetrics::scrape(Scraped& scraped, Wait wait) {
    HttpCall request;
    request.path = settings_.path;
    request.host = settings_.host;
    request.fields = {{"Accept", accept}, {"Accept-Encoding", "identity"}};
    if (!settings_.authorization.empty()) request.fields.push_back({"Authorization", settings_.authorization});
    HttpAnswer answer = co_await call(app_, worker_, std::move(request), wait);
    scraped.cause = answer.cause;
    scraped.why = std::move(answer.why);
    if (!scraped.cause.empty()) co_return;
    if (answer.status != 200) {
        scraped.cause = "status";
        scraped.why = "The app answered with status " + std::to_string(answer.status) + ".";
        co_return;
    }
    const bool openmetrics = answer.content_type.find("openmetrics-text") != std::string::npos;
    scraped.format = openmetrics ? metrics::PageFormat::openmetrics : metrics::PageFormat::text;
    scraped.page = std::move(answer.body);
}

void AppMetrics::collect(std::vector<MetricFamily>& into) const {
    std::shared_ptr<const Scraped> scraped;
    {
        const std::scoped_lock lock{mutex_};
        scraped = latest_;
    }
    if (!scraped) return;   // nobody has scraped yet
    std::string_view cause = scraped->cause;
    std::string why = scraped->why;
    metrics::ParsedPage parsed;
    if (cause.empty()) parsed = metrics::parse_page(scraped->page, scraped->format);
    if (!parsed.fault.empty()) {
        cause = parsed.too_large ? "too_large" : "malformed";
        why = "Line " + std::to_string(parsed.line) + " of the app's page: " + std::string{parsed.fault} + ".";
    }
    std::size_t series = 0;
    for (const MetricFamily& family : parsed.families) series += family.size();
    {
        const std::scoped_lock lock{mutex_};
        tell(cause, why);
        collect_own(into, *scraped, series, cause.empty());
    }
    for (MetricFamily& family : parsed.families)
        if (!kept_for_ours(family.name)) into.push_back(std::move(family));
}

void AppMetrics::tell(std::string_view cause, std::string_view why) const {
    if (!cause.empty()) ++failures_.try_emplace(std::string{cause}, 0).first->second;
    if (std::exchange(state_, std::string{cause}) == cause || !changed_) return;
    changed_({.up = cause.empty(), .why = why});
}

void AppMetrics::collect_own(std::vector<MetricFamily>& into, const Scraped& scraped, std::size_t series,
                             bool up) const {
    into.push_back(single("outrigger_app_metrics_up", "Whether the app's own metrics page could be read.",
                          up ? 1.0 : 0.0));
    into.push_back(single("outrigger_app_metrics_duration_seconds",
                          "How long the app took for its metrics page.", seconds(scraped.took), "seconds"));
    into.push_back(single("outrigger_app_metrics_series", "Series on the app's own metrics page.",
                          static_cast<double>(series)));
    MetricFamily failures{.name = "outrigger_app_metrics_failures_total",
                          .help = "Scrapes that had to do without the app's own metrics page.",
                          .type = MetricType::counter};
    for (const auto& [cause, count] : failures_)
        failures.numbers.push_back({.labels = {{"cause", cause}}, .value = static_cast<double>(count)});
    into.push_back(std::move(failures));
}

}  // namespace outrigger::admin
