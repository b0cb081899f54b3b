// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/app_metrics.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/metrics/registry.hpp>

#include "sidecar/admin/scraper.hpp"
#include "tests/unit/sidecar/admin/called_server.hpp"

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class AppMetricsTest : public CalledServer {
protected:
    ~AppMetricsTest() override { loop.advance(24h); }

    void begin() {
        tasks.spawn(app->refresh(Wait{after(loop.scheduler().now(), 5s)}));
        loop.run();
    }
    void reply(std::string_view fields, std::string_view body) {
        const std::string all = "HTTP/1.1 200 OK\r\n" + std::string{fields} +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
        CalledServer::reply(all);
    }
    std::string page(metrics::PageFormat format = metrics::PageFormat::text) {
        std::vector<metrics::MetricFamily> families;
        app->collect(families);
        return write_page(families, format);
    }

    std::vector<std::string> told;
    std::shared_ptr<AppMetrics> app =
        std::make_shared<AppMetrics>(AppMetrics::Settings{"app:3000", "/metrics?all", "Basic dTpw", 5s},
                                     cluster, worker, [this](const middleware::AppMetricsChanged& event) {
                                         told.push_back(event.up ? "up" : std::string{event.why});
                                     });
    TaskGroup tasks;
};

TEST_F(AppMetricsTest, before_the_first_scrape_there_is_nothing) { EXPECT_EQ(page(), ""); }

TEST_F(AppMetricsTest, the_app_s_families_become_ours) {
    begin();
    const std::string sent = peers.back().read();
    EXPECT_TRUE(sent.starts_with("GET /metrics?all HTTP/1.1\r\nHost: app:3000\r\n")) << sent;
    EXPECT_TRUE(contains(sent, "\r\nAuthorization: Basic dTpw\r\n"));
    EXPECT_TRUE(contains(sent, "\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain"));
    loop.advance(250ms);
    reply("Content-Type: text/plain; version=0.0.4\r\n", "# TYPE jobs_total counter\njobs_total{kind=\"mail\"} 7\n");
    const std::string text = page();
    EXPECT_TRUE(contains(text, "jobs_total{kind=\"mail\"} 7\n")) << text;
    EXPECT_TRUE(contains(text, "outrigger_app_metrics_up 1\n"));
    EXPECT_TRUE(contains(text, "outrigger_app_metrics_series 1\n"));
    EXPECT_TRUE(contains(text, "outrigger_app_metrics_duration_seconds 0.25\n"));
    EXPECT_EQ(told, (std::vector<std::string>{"up"}));
}

TEST_F(AppMetricsTest, under_the_sidecar_s_own_names_the_app_says_nothing) {
    begin();
    reply("", "# TYPE process_open_fds gauge\nprocess_open_fds 7\n# TYPE outrigger_app_metrics_up gauge\n"
              "outrigger_app_metrics_up{x=\"y\"} 1\noutrigger_scrape_source_errors_total{cause=\"failed\"} 9\nmine 1\n");
    const std::string text = page();
    EXPECT_TRUE(contains(text, "\nmine 1\n")) << text;
    EXPECT_TRUE(contains(text, "outrigger_app_metrics_series 4\n"));   // what it brought
    EXPECT_FALSE(contains(text, "process_open_fds")) << text;
    EXPECT_FALSE(contains(text, "{x=\"y\"}"));
    EXPECT_FALSE(contains(text, "outrigger_scrape_source_errors_total"));
}

TEST_F(AppMetricsTest, openmetrics_is_told_by_its_content_type) {
    begin();
    reply("Content-Type: application/openmetrics-text; version=1.0.0\r\n",
          "# TYPE jobs counter\njobs_total 7 # {trace_id=\"x\"} 1\n# EOF\n");
    EXPECT_TRUE(contains(page(metrics::PageFormat::openmetrics), "jobs_total 7 # {trace_id=\"x\"} 1\n"));
}

TEST_F(AppMetricsTest, whatever_is_wrong_costs_only_the_app_s_families) {
    connector->fault = Fault{Reason::connect_failed, "connect", ECONNREFUSED};
    begin();
    EXPECT_TRUE(contains(page(), "outrigger_app_metrics_up 0\n"));
    begin();
    EXPECT_TRUE(contains(page(), "outrigger_app_metrics_failures_total{cause=\"connect_failed\"} 2\n"));
    connector->fault.reset();

    begin();
    peers.back().write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    loop.run();
    EXPECT_TRUE(contains(page(), "outrigger_app_metrics_failures_total{cause=\"status\"} 1\n"));

    begin();
    reply("", "<html>\n");
    EXPECT_TRUE(contains(page(), "outrigger_app_metrics_failures_total{cause=\"malformed\"} 1\n"));

    begin();
    loop.advance(5s);
    const std::string text = page();
    EXPECT_TRUE(contains(text, "outrigger_app_metrics_failures_total{cause=\"timeout\"} 1\n"));
    EXPECT_TRUE(contains(text, "outrigger_app_metrics_duration_seconds 5\n"));

    begin();
    reply("", "a 1\n");
    EXPECT_TRUE(contains(page(), "outrigger_app_metrics_up 1\n"));
    ASSERT_EQ(told.size(), 5U);   // each change once
    EXPECT_TRUE(contains(told[0], "shop:80"));
    EXPECT_EQ(told[1], "The app answered with status 404.");
    EXPECT_EQ(told[2], "Line 1 of the app's page: a metric's name is wrong.");
    EXPECT_EQ(told[4], "up");
}

TEST_F(AppMetricsTest, a_page_of_too_many_series_is_too_large) {
    std::string body;
    for (int i = 0; i <= 100'000; ++i) body += "a{b=\"" + std::to_string(i) + "\"} 1\n";
    begin();
    reply("", body);
    const std::string text = page();
    EXPECT_TRUE(contains(text, "outrigger_app_metrics_failures_total{cause=\"too_large\"} 1\n")) << text;
    EXPECT_FALSE(contains(text, "\na{"));
}

TEST_F(AppMetricsTest, a_scrape_waits_for_the_app_half_of_its_time_at_most) {
    metrics::Registry registry;
    registry.counter("mine_total", "Mine.").increment();
    registry.absorb(app);
    ScrapeMetrics own;
    Scraper scraper{registry, own, loop, loop.scheduler(), app.get()};
    std::string made;
    const auto scraping = [](Scraper& from, ManualLoop& of, std::string& into) -> Task<void> {
        Result<Scraper::Bytes> page = co_await from.make({}, Wait{after(of.scheduler().now(), 4s)});
        into = page ? **page : "none";
    };
    tasks.spawn(scraping(scraper, loop, made));
    loop.run();
    EXPECT_EQ(made, "");
    loop.advance(1999ms);
    EXPECT_EQ(made, "");
    loop.advance(1ms);
    EXPECT_TRUE(contains(made, "mine_total 1\n")) << made;
    EXPECT_TRUE(contains(made, "outrigger_app_metrics_up 0\n"));

    tasks.spawn(scraping(scraper, loop, made));
    loop.run();
    reply("", "# TYPE theirs gauge\ntheirs 3\n# TYPE mine_total counter\nmine_total 9\nmine_total{k=\"v\"} 2\n");
    EXPECT_TRUE(contains(made, "theirs 3\n"));
    EXPECT_TRUE(contains(made, "\nmine_total 1\nmine_total{k=\"v\"} 2\n")) << made;
}

TEST_F(AppMetricsTest, of_scrapes_that_share_a_round_the_most_impatient_says_how_long_the_app_may_take) {
    metrics::Registry registry;
    registry.absorb(app);
    ScrapeMetrics own;
    Scraper scraper{registry, own, loop, loop.scheduler(), app.get()};
    const auto scraping = [](Scraper& from, ManualLoop& of, Duration patience, std::string& into) -> Task<void> {
        Result<Scraper::Bytes> page = co_await from.make({}, Wait{after(of.scheduler().now(), patience)});
        into = page ? **page : "none";
    };
    std::string patient;
    std::string impatient;
    tasks.spawn(scraping(scraper, loop, 10s, patient));
    loop.advance(100ms);
    tasks.spawn(scraping(scraper, loop, 1s, impatient));
    loop.advance(499ms);
    EXPECT_EQ(impatient, "");
    loop.advance(1ms);
    EXPECT_TRUE(contains(impatient, "outrigger_app_metrics_failures_total{cause=\"timeout\"} 1\n")) << impatient;
    EXPECT_EQ(patient, impatient);
}

}  // namespace
}  // namespace outrigger::admin
