// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/exposed_pages.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <outrigger/metrics/page.hpp>

namespace outrigger::middleware {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ExposedPagesTest : public ::testing::Test {
protected:
    ExposedPagesTest() { registry->counter("orders_total", "Orders.").increment(); }

    std::unique_ptr<metrics::Registry> registry = std::make_unique<metrics::Registry>();
    std::unique_ptr<health::Registry> health = std::make_unique<health::Registry>();
    health::CheckHandle db = health->add("db");
};

TEST_F(ExposedPagesTest, metrics_come_in_the_form_that_is_asked_for) {
    const ExposedPages pages{{.metrics = *registry}};
    const auto text = pages.page({.target = "/metrics"}).value();
    EXPECT_EQ(text.status, 200);
    EXPECT_THAT(text.body, HasSubstr("orders_total 1\n"));
    EXPECT_THAT(std::string{text.content_type}, StartsWith("text/plain; version=0.0.4"));
    EXPECT_FALSE(text.gzip);

    const auto openmetrics = pages.page({.target = "/metrics?x", .accept = "application/openmetrics-text; version=1.0.0"}).value();
    EXPECT_THAT(std::string{openmetrics.content_type}, StartsWith("application/openmetrics-text"));
    EXPECT_THAT(openmetrics.body, HasSubstr("# EOF\n"));

    const auto packed = pages.page({.target = "/metrics", .accept_encoding = "gzip"}).value();
    EXPECT_TRUE(packed.gzip);
    EXPECT_THAT(packed.body, StartsWith("\x1f\x8b"));
}

TEST_F(ExposedPagesTest, health_is_a_terminus_document_under_all_its_names) {
    const ExposedPages pages{{.health = *health}};
    for (const char* const path : {"/health", "/health/ready", "/readyz", "/health/startup", "/startupz"}) {
        const auto page = pages.page({.target = path}).value();
        EXPECT_EQ(page.status, 503) << path;
        EXPECT_THAT(page.body, StartsWith(R"({"status":"error","info":{},"error":{"db":)")) << path;
        EXPECT_EQ(page.cache_control, "no-cache, no-store, must-revalidate");
    }
    health->report(db, health::up());
    for (const char* const path : {"/health", "/health/ready", "/readyz", "/health/startup", "/startupz", "/health/live", "/livez"})
        EXPECT_EQ(pages.page({.target = path}).value().status, 200) << path;
    EXPECT_THAT(std::string{pages.page({.target = "/health/live"}).value().content_type}, StartsWith("application/json"));
    EXPECT_THAT(pages.page({.target = "/health/ready?format=spring"}).value().body, HasSubstr(R"("status":"UP")"));
}

TEST_F(ExposedPagesTest, a_page_of_your_own_is_there_too) {
    (void)health->add("search", {.group = health::Group::own, .page = "extra"});
    const ExposedPages pages{{.health = *health}};
    EXPECT_THAT(pages.page({.target = "/health/extra"}).value().body, HasSubstr("search"));
    EXPECT_FALSE(pages.page({.target = "/health/other"}));
}

TEST_F(ExposedPagesTest, what_is_left_out_is_not_there) {
    EXPECT_FALSE(ExposedPages{{.metrics = *registry}}.page({.target = "/health"}));
    EXPECT_FALSE(ExposedPages{{.health = *health}}.page({.target = "/metrics"}));
    EXPECT_FALSE(ExposedPages{{}}.page({.target = "/metrics"}));
    const ExposedPages both{{.metrics = *registry, .health = *health}};
    for (const char* const path : {"/", "", "/metrics/", "/healthy", "/health/", "/livez/x", "/orders"})
        EXPECT_FALSE(both.page({.target = path})) << path;
}

TEST_F(ExposedPagesTest, a_prefix_moves_all_of_them) {
    const ExposedPages pages{{.metrics = *registry, .health = *health, .prefix = "/internal"}};
    EXPECT_TRUE(pages.page({.target = "/internal/metrics"}));
    EXPECT_TRUE(pages.page({.target = "/internal/readyz?format=spring"}));
    EXPECT_FALSE(pages.page({.target = "/metrics"}));
}

TEST_F(ExposedPagesTest, registries_may_end_before_it) {
    const ExposedPages pages{{.metrics = *registry, .health = *health}};
    health->report(db, health::up());
    registry.reset();
    health.reset();
    EXPECT_THAT(pages.page({.target = "/metrics"}).value().body, HasSubstr("orders_total 1\n"));
    const auto ready = pages.page({.target = "/health/ready"}).value();
    EXPECT_EQ(ready.status, 503);
    EXPECT_THAT(ready.body, HasSubstr("shutting_down"));
    EXPECT_EQ(pages.page({.target = "/health/live"}).value().status, 200);
}

}   // namespace
}   // namespace outrigger::middleware
