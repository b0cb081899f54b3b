// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/scrape_metrics.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(ScrapeMetrics, what_was_made_is_counted_by_format) {
    ScrapeMetrics metrics;
    metrics.made(metrics::PageFormat::text, 3ms, 1000);
    metrics.made(metrics::PageFormat::protobuf, 2s, 700);
    metrics.made(metrics::PageFormat::protobuf, 60s, 800);
    metrics.timed_out();
    metrics.coalesced();
    std::vector<metrics::MetricFamily> families;
    metrics.collect(families);
    const std::string page = write_page(families, metrics::PageFormat::text);
    for (const char* line :
         {"outrigger_scrapes_total{format=\"text\"} 1\n",
          "outrigger_scrapes_total{format=\"openmetrics\"} 0\n",
          "outrigger_scrapes_total{format=\"protobuf\"} 2\n",
          "outrigger_scrape_page_bytes{format=\"protobuf\"} 800\n", "outrigger_scrapes_timed_out_total 1\n",
          "outrigger_scrapes_coalesced_total 1\n",
          "outrigger_scrape_duration_seconds_bucket{le=\"0.0025\"} 0\n",
          "outrigger_scrape_duration_seconds_bucket{le=\"0.005\"} 1\n",
          "outrigger_scrape_duration_seconds_bucket{le=\"5\"} 2\n",
          "outrigger_scrape_duration_seconds_bucket{le=\"10\"} 2\n",
          "outrigger_scrape_duration_seconds_bucket{le=\"+Inf\"} 3\n",
          "outrigger_scrape_duration_seconds_sum 62.003\n", "outrigger_scrape_duration_seconds_count 3\n"})
        EXPECT_TRUE(contains(page, line)) << line << page;
}

}  // namespace
}  // namespace outrigger::admin
