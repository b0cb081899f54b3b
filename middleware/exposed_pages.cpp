// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/exposed_pages.hpp>

#include <utility>
#include <vector>

#include <outrigger/health/document.hpp>
#include <outrigger/metrics/page.hpp>

namespace outrigger::middleware {
namespace {

const health::Page* health_page(const health::Pages& pages, std::string_view path) noexcept {
    constexpr std::string_view own = "/health/";
    if (path == "/health") return &pages.health;
    if (path == "/health/live" || path == "/livez") return &pages.live;
    if (path == "/health/ready" || path == "/readyz") return &pages.ready;
    if (path == "/health/startup" || path == "/startupz") return &pages.startup;
    return path.starts_with(own) ? pages.find(path.substr(own.size())) : nullptr;
}

}   // namespace

ExposedPages::ExposedPages(Exposing exposing)
    : prefix_{std::move(exposing.prefix)},
      metrics_{exposing.metrics ? exposing.metrics->get().source() : nullptr},
      health_{exposing.health ? exposing.health->get().published() : nullptr} {}

std::optional<ExposedPages::Page> ExposedPages::page(const Question& question) const {
    if (!question.target.starts_with(prefix_)) return std::nullopt;
    const std::string_view target = question.target.substr(prefix_.size());
    const auto mark = target.find('?');
    const std::string_view path = target.substr(0, mark);
    if (metrics_ && path == "/metrics") return scrape(question);
    if (!health_) return std::nullopt;
    const std::shared_ptr<const health::Pages> pages = health_->read();
    const health::Page* const shown = health_page(*pages, path);
    if (shown == nullptr) return std::nullopt;
    const std::string_view query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
    const health::Format format = health::format_of(query, question.accept);
    const health::Document& document = shown->in(format);
    return Page{.status = document.status,
                .content_type = health::content_type(format),
                .body = document.body,
                .cache_control = health::document_cache_control};
}

ExposedPages::Page ExposedPages::scrape(const Question& question) const {
    std::vector<metrics::MetricFamily> families;
    metrics_->collect(families);
    const metrics::PageFormat format = metrics::negotiate_format(question.accept);
    Page page{.content_type = metrics::content_type(format), .body = metrics::write_page(families, format)};
    page.gzip = metrics::accepts_gzip(question.accept_encoding);
    if (page.gzip) page.body = metrics::gzip(page.body);
    return page;
}

}   // namespace outrigger::middleware
