// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/scraper.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <outrigger/core/manual_loop.hpp>

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;
using metrics::PageFormat;

// Counts its collections.
class CountingSource final : public metrics::Source {
public:
    void collect(std::vector<metrics::MetricFamily>& into) const override {
        ++collections;
        into.push_back({.name = "here",
                        .help = "h",
                        .type = metrics::MetricType::gauge,
                        .numbers = {{.labels = {{"k", "v"}}, .value = static_cast<double>(collections)}}});
    }
    mutable int collections = 0;
};

class ScraperTest : public testing::Test {
protected:
    ScraperTest() { registry.absorb(source); }
    ~ScraperTest() override {
        run();
        loop.advance(24h);
    }

    struct Asked {
        std::optional<Result<Scraper::Bytes>> result;
        [[nodiscard]] std::string text() const { return result && *result ? ***result : ""; }
    };
    Asked& ask(ScrapeForm form = {}, Duration patience = 10s, Cancel* cancel = nullptr) {
        Asked& asked = all.emplace_back();
        tasks.spawn(asking(asked, form, Wait{after(loop.scheduler().now(), patience), cancel}));
        return asked;
    }
    std::string ask_again() {
        const Asked& asked = ask();
        run();
        return asked.text();
    }
    // The desk works off what it has, then the loop hears of it.
    void run() {
        desk.run();
        loop.run();
        desk.run();   // what is freed there
    }

    ManualLoop loop;
    ManualLoop desk;
    std::shared_ptr<CountingSource> source = std::make_shared<CountingSource>();
    metrics::Registry registry;
    ScrapeMetrics own;
    Scraper scraper{registry, own, desk, loop.scheduler()};
    std::list<Asked> all;
    TaskGroup tasks;

private:
    Task<void> asking(Asked& asked, ScrapeForm form, Wait wait) { asked.result = co_await scraper.make(form, wait); }
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST_F(ScraperTest, a_page_is_made_elsewhere) {
    const Asked& asked = ask();
    loop.run();
    EXPECT_FALSE(asked.result);
    run();
    EXPECT_TRUE(contains(asked.text(), "here{k=\"v\"} 1\n")) << asked.text();
}

TEST_F(ScraperTest, scrapes_at_the_same_time_share_one_collection) {
    const Asked& one = ask();
    const Asked& two = ask();
    const Asked& other = ask({.format = PageFormat::openmetrics});
    const Asked& packed = ask({.format = PageFormat::text, .gzip = true});
    run();
    EXPECT_EQ(source->collections, 1);
    EXPECT_EQ((*one.result)->get(), (*two.result)->get());
    EXPECT_TRUE(other.text().ends_with("# EOF\n"));
    EXPECT_TRUE(packed.text().starts_with("\x1f\x8b"));
    EXPECT_TRUE(contains(ask_again(), "here{k=\"v\"} 2\n"));
}

TEST_F(ScraperTest, who_comes_while_another_form_is_being_made_gets_what_is_there) {
    const Asked& one = ask();
    desk.run();
    const Asked& other = ask({.format = PageFormat::protobuf});   // the first has not been delivered yet
    loop.run();
    EXPECT_TRUE(one.result);
    EXPECT_FALSE(other.result);
    EXPECT_TRUE(ask().result);
    run();
    EXPECT_TRUE(other.result);
    EXPECT_EQ(source->collections, 1);
}

TEST_F(ScraperTest, a_scrape_that_takes_too_long_ends_and_the_work_is_not_begun_twice) {
    const Asked& one = ask({}, 1s);
    loop.advance(1s);
    ASSERT_TRUE(one.result);
    EXPECT_EQ(one.result->error().reason, Reason::timeout);
    const Asked& two = ask({}, 1s);
    run();
    EXPECT_EQ(source->collections, 1);
    EXPECT_TRUE(contains(two.text(), "here{k=\"v\"} 1\n"));
    std::vector<metrics::MetricFamily> families;
    own.collect(families);
    EXPECT_TRUE(contains(write_page(families, PageFormat::text), "outrigger_scrapes_timed_out_total 1\n"));
}

TEST_F(ScraperTest, whoever_leaves_is_no_timeout) {
    Cancel cancel;
    const Asked& asked = ask({}, 1s, &cancel);
    cancel.cancel(Fault{Reason::caller_left, "gone"});
    loop.run();
    ASSERT_TRUE(asked.result);
    EXPECT_EQ(asked.result->error().reason, Reason::caller_left);
    run();
}

TEST_F(ScraperTest, a_source_that_throws_costs_only_itself) {
    class Broken final : public metrics::Source {
        void collect(std::vector<metrics::MetricFamily>&) const override { throw std::bad_alloc{}; }
    };
    registry.absorb(std::make_shared<Broken>());
    const Asked& asked = ask();
    run();
    EXPECT_TRUE(contains(asked.text(), "outrigger_scrape_source_errors_total{cause=\"failed\"} 1\n"));
}

TEST_F(ScraperTest, cardinality_is_told_as_json) {
    const Asked& asked = ask({.cardinality = true});
    run();
    const auto json = nlohmann::json::parse(asked.text());
    EXPECT_EQ(json["series"], 4);
    bool found = false;
    for (const auto& family : json["families"])
        if (family["name"] == "here") {
            found = true;
            EXPECT_EQ(family["type"], "gauge");
            EXPECT_EQ(family["series"], 1);
            EXPECT_FALSE(family.contains("series_max"));
            EXPECT_EQ(family["labels"][0]["name"], "k");
            EXPECT_EQ(family["labels"][0]["values"], 1);
            EXPECT_EQ(family["labels"][0]["examples"][0], "v");
        }
    EXPECT_TRUE(found);
}

TEST(CardinalityJson, a_capped_family_tells_its_cap_and_what_was_folded) {
    const std::vector<metrics::MetricFamily> families{{.name = "a",
                                                       .type = metrics::MetricType::counter,
                                                       .numbers = {{.labels = {}, .value = 1}},
                                                       .series_max = 500,
                                                       .folded = 3}};
    const auto json = nlohmann::json::parse(cardinality_json(families));
    EXPECT_EQ(json["families"][0]["series_max"], 500);
    EXPECT_EQ(json["families"][0]["folded"], 3);
}

}  // namespace
}  // namespace outrigger::admin
