// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/registry.hpp>

#include <gtest/gtest.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <stdexcept>
#include <utility>

namespace outrigger::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class Fixed final : public prometheus::Collectable {
public:
    explicit Fixed(std::vector<MetricFamily> families) : families_{std::move(families)} {}
    std::vector<MetricFamily> Collect() const override { return families_; }

private:
    std::vector<MetricFamily> families_;
};

class Broken final : public prometheus::Collectable {
public:
    std::vector<MetricFamily> Collect() const override { throw std::runtime_error{"no"}; }
};

std::shared_ptr<Fixed> gauge(std::string name, double value, std::string label,
                             MetricType type = MetricType::Gauge) {
    ClientMetric metric;
    metric.label = {{"k", std::move(label)}};
    metric.gauge.value = value;
    return std::make_shared<Fixed>(std::vector<MetricFamily>{{std::move(name), "h", type, {metric}}});
}

constexpr const char* no_errors =
    "# HELP outrigger_scrape_source_errors_total What a scrape had to leave out: a source that failed, a "
    "family whose "
    "name has another type elsewhere, a series that is there already.\n"
    "# TYPE outrigger_scrape_source_errors_total counter\n"
    "outrigger_scrape_source_errors_total{cause=\"failed\"} 0\n"
    "outrigger_scrape_source_errors_total{cause=\"type_clash\"} 0\n"
    "outrigger_scrape_source_errors_total{cause=\"duplicate_series\"} 0\n";

double errors(const Registry& registry, const std::string& cause) {
    for (const auto& family : registry.collect())
        for (const auto& series : family.numbers)
            if (family.name == "outrigger_scrape_source_errors_total" && series.labels.value("cause") == cause)
                return series.value;
    return -1;
}

TEST(Registry, an_empty_one_reports_only_on_itself) { EXPECT_EQ(Registry{}.text_page(), no_errors); }

TEST(Registry, families_of_one_name_are_joined_under_one_type_line) {
    Registry registry;
    registry.absorb(gauge("z", 1, "a"));
    registry.absorb(gauge("z", 2, "b"));
    EXPECT_EQ(registry.text_page(),
              std::string{no_errors} + "# HELP z h\n# TYPE z gauge\nz{k=\"a\"} 1\nz{k=\"b\"} 2\n");
}

TEST(Registry, a_series_that_is_there_already_is_left_out_and_counted) {
    Registry registry;
    registry.absorb(gauge("z", 1, "a"));
    registry.absorb(gauge("z", 2, "a"));
    const auto page = registry.text_page();
    EXPECT_NE(page.find("z{k=\"a\"} 1\n"), std::string::npos);
    EXPECT_EQ(page.find("z{k=\"a\"} 2\n"), std::string::npos);
    EXPECT_EQ(errors(registry, "duplicate_series"), 2);  // this collect() is the second
}

TEST(Registry, of_two_types_under_one_name_the_first_wins) {
    Registry registry;
    registry.absorb(gauge("z", 1, "a"));
    registry.absorb(gauge("z", 2, "b", MetricType::Counter));
    EXPECT_NE(registry.text_page().find("# TYPE z gauge\nz{k=\"a\"} 1\n"), std::string::npos);
    EXPECT_EQ(errors(registry, "type_clash"), 2);
}

TEST(Registry, a_source_that_throws_costs_only_itself) {
    Registry registry;
    registry.absorb(std::make_shared<Broken>());
    registry.absorb(gauge("z", 1, "a"));
    EXPECT_NE(registry.text_page().find("z{k=\"a\"} 1\n"), std::string::npos);
    EXPECT_EQ(errors(registry, "failed"), 2);
}

TEST(Registry, a_registry_of_prometheus_cpp_is_a_source) {
    auto theirs = std::make_shared<prometheus::Registry>();
    auto& family = prometheus::BuildCounter().Name("jobs_total").Help("Jobs.").Register(*theirs);
    family.Add({{"queue", "mail"}}).Increment(3);
    Registry registry;
    registry.absorb(theirs);
    EXPECT_NE(registry.text_page().find("# TYPE jobs_total counter\njobs_total{queue=\"mail\"} 3\n"),
              std::string::npos);
}

TEST(Registry, is_itself_a_source_for_prometheus_cpp) {
    Registry registry;
    registry.absorb(gauge("z", 1, "a"));
    const auto families = registry.collectable()->Collect();
    ASSERT_EQ(families.size(), 2U);
    EXPECT_EQ(families[1].name, "z");
}

class Capped final : public Source {
public:
    explicit Capped(std::uint64_t folded) : folded_{folded} {}
    void collect(std::vector<metrics::MetricFamily>& into) const override {
        into.push_back({.name = "z",
                        .help = "h",
                        .type = metrics::MetricType::gauge,
                        .numbers = {{.labels = {}, .value = 1}},
                        .series_max = 500,
                        .folded = folded_});
    }

private:
    std::uint64_t folded_;
};

TEST(Registry, says_how_much_of_a_capped_family_was_folded) {
    Registry registry;
    registry.absorb(std::make_shared<Capped>(3));
    registry.absorb(gauge("y", 1, "a"));
    EXPECT_NE(registry.text_page().find("# TYPE outrigger_series_overflow_total counter\n"
                                        "outrigger_series_overflow_total{family=\"z\"} 3\n# HELP y"),
              std::string::npos);
}

TEST(Registry, another_registry_is_a_source) {
    Registry inner;
    inner.absorb(gauge("z", 1, "a"));
    Registry outer;
    outer.absorb(inner.source());
    EXPECT_NE(outer.text_page().find("z{k=\"a\"} 1\n"), std::string::npos);
}

TEST(Registry, what_a_registry_says_of_itself_is_joined_with_what_its_inner_one_says) {
    Registry inner;
    inner.absorb(std::make_shared<Capped>(3));
    inner.absorb(std::make_shared<Broken>());
    Registry outer;
    outer.absorb(inner.source());
    outer.absorb(std::make_shared<Broken>());
    EXPECT_EQ(errors(outer, "failed"), 1 + 1);
    EXPECT_EQ(errors(outer, "duplicate_series"), 0);
    const auto page = outer.text_page();
    EXPECT_NE(page.find("outrigger_series_overflow_total{family=\"z\"} 3\n"), std::string::npos);
}

TEST(Registry, servers_share_their_instruments_and_must_agree_on_them) {
    Registry registry;
    EXPECT_EQ(registry.text_page().find("http_server"), std::string::npos);
    HttpServerRecorder one = registry.http_server().recorder();
    HttpServerRecorder other = registry.http_server().recorder();
    one.record({.method = HttpMethod::get, .status = 200});
    other.record({.method = HttpMethod::get, .status = 200});
    EXPECT_NE(registry.text_page().find("http_server_request_duration_seconds_count{http_request_method=\"GET\","
                                        "http_response_status_code=\"200\"} 2\n"),
              std::string::npos);
    EXPECT_EQ(errors(registry, "duplicate_series"), 0);
    EXPECT_THROW((void)registry.http_server({.series_max = 7}), std::invalid_argument);
    Registry small;
    HttpServerInstruments first = small.http_server({.series_max = 7});
    auto active = first.recorder().begin(http_method("GET"));
    EXPECT_EQ(small.http_server().active(), 1U) << "who says nothing has those that are there";
}

TEST(Registry, refuses_nothing_and_itself) {
    Registry registry;
    EXPECT_THROW(registry.absorb(std::shared_ptr<const Source>{}), std::invalid_argument);
    EXPECT_THROW(registry.absorb(std::shared_ptr<prometheus::Collectable>{}), std::invalid_argument);
    EXPECT_THROW(registry.absorb(registry.collectable()), std::invalid_argument);
    EXPECT_THROW(registry.absorb(registry.source()), std::invalid_argument);
}

}  // namespace
}  // namespace outrigger::metrics
