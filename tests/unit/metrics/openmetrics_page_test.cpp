// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/openmetrics_page.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

MetricFamily family(std::string name, MetricType type, std::vector<NumberSeries> numbers) {
    return {.name = std::move(name), .help = "h", .type = type, .numbers = std::move(numbers)};
}
// The page without its end.
std::string page(const std::vector<MetricFamily>& families) {
    std::string text = openmetrics_page(families);
    EXPECT_TRUE(text.ends_with("# EOF\n"));
    text.resize(text.size() - 6);
    return text;
}

TEST(OpenMetricsPage, an_empty_page_ends_too) { EXPECT_EQ(openmetrics_page({}), "# EOF\n"); }

TEST(OpenMetricsPage, a_counters_family_has_no_suffix_and_its_samples_do) {
    EXPECT_EQ(page({family("a_total", MetricType::counter, {{.labels = {}, .value = 1}}),
                    family("b", MetricType::counter, {{.labels = {}, .value = 2.5}})}),
              "# TYPE a counter\n# HELP a h\na_total 1\n# TYPE b counter\n# HELP b h\nb_total 2.5\n");
}

TEST(OpenMetricsPage, infos_state_sets_gauges_and_unknowns) {
    EXPECT_EQ(page({family("build_info", MetricType::info, {{.labels = {{"version", "1"}}, .value = 1}}),
                    family("gauge", MetricType::gauge,
                           {{.labels = {}, .value = nan}, {.labels = {{"k", "v"}}, .value = -infinity}}),
                    family("state", MetricType::state_set, {{.labels = {{"state", "open"}}, .value = 1}}),
                    family("what", MetricType::unknown,
                           {{.labels = {}, .value = 1, .timestamp_ms = 1'763'596'800'123}})}),
              "# TYPE build info\n# HELP build h\nbuild_info{version=\"1\"} 1\n"
              "# TYPE gauge gauge\n# HELP gauge h\ngauge NaN\ngauge{k=\"v\"} -Inf\n"
              "# TYPE state stateset\n# HELP state h\nstate{state=\"open\"} 1\n"
              "# TYPE what unknown\n# HELP what h\nwhat 1 1763596800.123\n");
}

TEST(OpenMetricsPage, what_the_format_forbids_is_left_out) {
    EXPECT_EQ(page({family("a_total", MetricType::counter,
                           {{.labels = {}, .value = -1}, {.labels = {{"k", "v"}}, .value = nan}}),
                    family("b_info", MetricType::info, {{.labels = {}, .value = 2}}),
                    family("c", MetricType::state_set, {{.labels = {}, .value = 0.5}}),
                    family("9", MetricType::gauge, {{.labels = {}, .value = 1}}),
                    family("empty", MetricType::gauge, {})}),
              "# TYPE a counter\n# HELP a h\n# TYPE b info\n# HELP b h\n# TYPE c stateset\n# HELP c h\n");
}

TEST(OpenMetricsPage, help_escapes_quotes_too) {
    auto gauge = family("a", MetricType::gauge, {{.labels = {{"k", "q\" b\\ n\n."}}, .value = 1}});
    gauge.help = "q\" b\\ n\n.\xff";
    EXPECT_EQ(page({gauge}), "# TYPE a gauge\n# HELP a q\\\" b\\\\ n\\n.\xef\xbf\xbd\na{k=\"q\\\" b\\\\ n\\n.\"} 1\n");
}

TEST(OpenMetricsPage, a_unit_is_the_end_of_the_name_or_none) {
    auto good = family("a_seconds_total", MetricType::counter, {{.labels = {}, .value = 1}});
    auto bad = family("bseconds", MetricType::gauge, {{.labels = {}, .value = 1}});
    good.unit = bad.unit = "seconds";
    EXPECT_EQ(page({good, bad}),
              "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds h\na_seconds_total 1\n"
              "# TYPE bseconds gauge\n# HELP bseconds h\nbseconds 1\n");
}

TEST(OpenMetricsPage, of_two_families_that_would_be_one_one_is_unknown) {
    EXPECT_EQ(page({family("x", MetricType::gauge, {{.labels = {}, .value = 1}}),
                    family("x_total", MetricType::counter, {{.labels = {}, .value = 2}})}),
              "# TYPE x gauge\n# HELP x h\nx 1\n# TYPE x_total unknown\n# HELP x_total h\nx_total 2\n");
    EXPECT_EQ(page({family("x_info", MetricType::info, {{.labels = {}, .value = 1}}),
                    family("x_total", MetricType::counter, {{.labels = {}, .value = 2}})}),
              "# TYPE x_info unknown\n# HELP x_info h\nx_info 1\n# TYPE x counter\n# HELP x h\nx_total 2\n");
    MetricFamily histogram{.name = "y",
                           .help = "h",
                           .type = MetricType::histogram,
                           .histograms = {HistogramSeries{.labels = {}}}};
    EXPECT_EQ(page({family("x_total", MetricType::counter, {{.labels = {}, .value = 2}}),
                    family("x_created", MetricType::gauge, {{.labels = {}, .value = 1}}), histogram,
                    family("y_count", MetricType::gauge, {{.labels = {}, .value = 1}})}),
              "# TYPE x_created gauge\n# HELP x_created h\nx_created 1\n# TYPE x_total unknown\n# HELP "
              "x_total h\nx_total 2\n"
              "# TYPE y histogram\n# HELP y h\ny_bucket{le=\"+Inf\"} 0\ny_sum 0\ny_count 0\n");
}

TEST(OpenMetricsPage, a_histogram_has_canonical_bounds_and_an_exemplar_per_bucket) {
    const WallTime at{1'520'879'607'789ms};
    HistogramSeries series{.labels = {{"k", "v"}},
                           .count = 7,
                           .sum = 11.5,
                           .buckets = {{0.00001, 0}, {0.5, 1}, {1, 2}, {1e6, 6}}};
    series.exemplars = {{.labels = {{"trace_id", "old"}}, .value = 0.7, .at = at - 1s},
                        {.labels = {{"trace_id", "new"}}, .value = 1.0, .at = at},
                        {.labels = {}, .value = 2e6, .at = {}}};
    const std::vector<MetricFamily> families{{.name = "h_seconds",
                                              .help = "",
                                              .type = MetricType::histogram,
                                              .unit = "seconds",
                                              .histograms = {series}}};
    EXPECT_EQ(page(families),
              "# TYPE h_seconds histogram\n# UNIT h_seconds seconds\n# HELP h_seconds \n"
              "h_seconds_bucket{k=\"v\",le=\"1e-05\"} 0\nh_seconds_bucket{k=\"v\",le=\"0.5\"} 1\n"
              "h_seconds_bucket{k=\"v\",le=\"1.0\"} 2 # {trace_id=\"new\"} 1 1520879607.789\n"
              "h_seconds_bucket{k=\"v\",le=\"1e+06\"} 6\nh_seconds_bucket{k=\"v\",le=\"+Inf\"} 7 # {} 2000000\n"
              "h_seconds_sum{k=\"v\"} 11.5\nh_seconds_count{k=\"v\"} 7\n");
}

TEST(OpenMetricsPage, a_counter_has_its_exemplar_unless_it_is_too_long) {
    NumberSeries series{.labels = {}, .value = 3};
    series.exemplar = std::make_shared<Exemplar>(Exemplar{.labels = {{"t", std::string(127, 'x')}}, .value = 1});
    EXPECT_TRUE(page({family("a_total", MetricType::counter, {series})})
                    .ends_with("a_total 3 # {t=\"" + std::string(127, 'x') + "\"} 1\n"));
    series.exemplar = std::make_shared<Exemplar>(Exemplar{.labels = {{"t", std::string(128, 'x')}}, .value = 1});
    EXPECT_TRUE(page({family("a_total", MetricType::counter, {series})}).ends_with("a_total 3\n"));
    std::string umlauts;
    for (int i = 0; i < 127; ++i) umlauts += "\xc3\xbc";
    series.exemplar = std::make_shared<Exemplar>(Exemplar{.labels = {{"t", umlauts}}, .value = 1});
    EXPECT_TRUE(page({family("a_total", MetricType::counter, {series})}).ends_with("\"} 1\n"));
}

TEST(OpenMetricsPage, a_sum_that_may_have_fallen_is_left_out_with_its_count) {
    const auto of = [](double sum, double bound) {
        return page({{.name = "h",
                      .help = "",
                      .type = MetricType::histogram,
                      .histograms = {{.labels = {}, .count = 1, .sum = sum, .buckets = {{bound, 1}}}}}});
    };
    EXPECT_TRUE(of(1, 1).ends_with("h_sum 1\nh_count 1\n"));
    EXPECT_TRUE(of(-1, 1).ends_with("h_bucket{le=\"+Inf\"} 1\n"));
    EXPECT_TRUE(of(1, -1).ends_with("h_bucket{le=\"+Inf\"} 1\n"));
}

TEST(OpenMetricsPage, a_summary_has_its_quantiles) {
    EXPECT_EQ(page({{.name = "s",
                     .help = "",
                     .type = MetricType::summary,
                     .summaries = {{.labels = {{"k", "v"}},
                                    .count = 2,
                                    .sum = 3.5,
                                    .quantiles = {{0.5, 1.5}, {1, nan}, {2, 1}}}}}}),
              "# TYPE s summary\n# HELP s \ns{k=\"v\",quantile=\"0.5\"} 1.5\ns{k=\"v\",quantile=\"1.0\"} "
              "NaN\ns_sum{k=\"v\"} 3.5\ns_count{k=\"v\"} 2\n");
}

}  // namespace
}  // namespace outrigger::metrics
