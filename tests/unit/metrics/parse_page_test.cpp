// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/parse_page.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include <outrigger/core/rng.hpp>
#include <outrigger/core/utf8.hpp>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

std::vector<MetricFamily> read(std::string_view page, PageFormat format = PageFormat::text) {
    ParsedPage parsed = parse_page(page, format);
    EXPECT_EQ(parsed.fault, "") << "line " << parsed.line << " of\n" << page;
    return std::move(parsed.families);
}

// Read and written again.
std::string again(std::string_view page, PageFormat format = PageFormat::text) {
    return write_page(read(page, format), format);
}

std::string fault(std::string_view page, PageFormat format = PageFormat::text) {
    const ParsedPage parsed = parse_page(page, format);
    EXPECT_TRUE(parsed.families.empty());
    return std::to_string(parsed.line) + ": " + std::string{parsed.fault};
}

constexpr std::string_view text_page_example =
    "# HELP a_total q\" b\\\\ n\\n.\n# TYPE a_total counter\na_total 1\na_total{k=\"v\"} 2 1763596800123\n"
    "# HELP g \n# TYPE g gauge\ng{k=\"q\\\" b\\\\ n\\n\"} -2.5\n"
    "# HELP h_seconds h\n# TYPE h_seconds histogram\n"
    "h_seconds_bucket{k=\"v\",le=\"0.5\"} 1\nh_seconds_bucket{k=\"v\",le=\"1\"} "
    "2\nh_seconds_bucket{k=\"v\",le=\"+Inf\"} 3\n"
    "h_seconds_sum{k=\"v\"} 1.75\nh_seconds_count{k=\"v\"} 3\n"
    "# HELP s s\n# TYPE s summary\ns{quantile=\"0.5\"} 1.5\ns{quantile=\"0.99\"} NaN\ns_sum 3.5\ns_count 2\n"
    "# HELP u \n# TYPE u untyped\nu +Inf\n";

constexpr std::string_view openmetrics_example =
    "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds q\\\" b\\\\ n\\n.\n"
    "a_seconds_total 1\na_seconds_total{k=\"v\"} 2 1763596800.123 # {trace_id=\"x\"} 0.5 1520879607.789\n"
    "# TYPE build info\n# HELP build b\nbuild_info{version=\"1\"} 1\n"
    "# TYPE h histogram\n# HELP h h\n"
    "h_bucket{le=\"0.5\"} 1\nh_bucket{le=\"1.0\"} 2 # {trace_id=\"y\"} 0.7\nh_bucket{le=\"+Inf\"} 3\nh_sum "
    "1.75\nh_count 3\n"
    "# TYPE state stateset\n# HELP state s\nstate{state=\"open\"} 1\nstate{state=\"closed\"} 0\n"
    "# TYPE what unknown\n# HELP what w\nwhat 1\n# EOF\n";

TEST(ParsePage, what_was_read_is_written_again_as_it_was) {
    EXPECT_EQ(again(text_page_example), text_page_example);
    EXPECT_EQ(again(openmetrics_example, PageFormat::openmetrics), openmetrics_example);
    EXPECT_EQ(again("# EOF\n", PageFormat::openmetrics), "# EOF\n");
    EXPECT_EQ(again(""), "");
}

TEST(ParsePage, an_openmetrics_page_in_text_has_the_samples_names) {
    const std::string text = write_page(read(openmetrics_example, PageFormat::openmetrics), PageFormat::text);
    EXPECT_NE(text.find("# TYPE a_seconds_total counter\na_seconds_total 1\n"), std::string::npos) << text;
    EXPECT_NE(text.find("# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n"), std::string::npos) << text;
}

TEST(ParsePage, samples_without_a_type_are_of_unknown_type) {
    const auto families = read("a 1\n\n# a remark\n#\n  \na{k=\"v\"} 2\nb_bucket{le=\"1\"} 3");
    ASSERT_EQ(families.size(), 2U);
    EXPECT_EQ(families[0].type, MetricType::unknown);
    EXPECT_EQ(families[0].numbers.size(), 2U);
    EXPECT_EQ(families[1].name, "b_bucket");
    EXPECT_EQ(families[1].numbers.at(0).labels.text(), "le=\"1\"");
}

TEST(ParsePage, samples_find_their_family_wherever_they_stand) {
    const auto families = read(
        "# TYPE h histogram\n# TYPE g gauge\nh_count{k=\"2\"} 1\ng 1\nh_bucket{k=\"1\",le=\"2\"} "
        "1\nh_bucket{le=\"1\",k=\"1\"} 1\n"
        "h_bucket{k=\"2\",le=\"+Inf\"} 1\ng{k=\"v\"} 2\nh_sum{k=\"1\"} 7\nh_bucket{le=\"+Inf\",k=\"1\"} 4\n");
    ASSERT_EQ(families.size(), 2U);
    ASSERT_EQ(families[0].histograms.size(), 2U);
    EXPECT_EQ(families[0].histograms[0].count, 1U);
    const HistogramSeries& series = families[0].histograms[1];
    EXPECT_EQ(series.labels.text(), "k=\"1\"");
    EXPECT_EQ(series.count, 4U);
    EXPECT_EQ(series.sum, 7.0);
    ASSERT_EQ(series.buckets.size(), 2U);
    EXPECT_EQ(series.buckets[0].upper_bound, 1.0);
    EXPECT_EQ(families[1].numbers.size(), 2U);
}

TEST(ParsePage, of_a_series_that_is_there_twice_the_first_counts) {
    EXPECT_EQ(again("# TYPE a gauge\na{k=\"v\",l=\"w\"} 1\na{l=\"w\",k=\"v\"} 2\na 3\na{m=\"\"} 4\n"),
              "# HELP a \n# TYPE a gauge\na{k=\"v\",l=\"w\"} 1\na 3\n");
    EXPECT_EQ(
        again("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1.0\"} 5\nh_bucket{le=\"+Inf\"} "
              "2\nh_count 2\nh_count 3\nh_sum 1\nh_sum 2\n"),
        "# HELP h \n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n");
    EXPECT_EQ(read("# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\".5\"} 2\n")
                  .at(0)
                  .summaries.at(0)
                  .quantiles.size(),
              1U);
}

TEST(ParsePage, creation_times_belong_to_their_series) {
    const auto families = read(
        "# TYPE a counter\na_created 1520430000.25\na_total 17\na_created{k=\"only\"} 1\n# TYPE h "
        "histogram\nh_bucket{le=\"+Inf\"} 0\nh_created 5\n# EOF\n",
        PageFormat::openmetrics);
    ASSERT_EQ(families.size(), 2U);
    ASSERT_EQ(families[0].numbers.size(), 1U);
    EXPECT_EQ(families[0].numbers[0].value, 17.0);
    EXPECT_EQ(families[0].numbers[0].created, WallTime{1'520'430'000'250ms});
    EXPECT_EQ(families[1].histograms.at(0).created, WallTime{5s});
}

TEST(ParsePage, a_gauge_histogram_dissolves) {
    const auto families =
        read("# TYPE q gaugehistogram\nq_bucket{le=\"+Inf\"} 4\nq_gcount 4\nq_gsum 3\n# EOF\n",
             PageFormat::openmetrics);
    ASSERT_EQ(families.size(), 3U);
    for (const auto& family : families) EXPECT_EQ(family.type, MetricType::unknown);
}

TEST(ParsePage, a_histogram_that_does_not_add_up_is_made_to) {
    EXPECT_EQ(
        again("# TYPE h histogram\nh_bucket{le=\"2\"} 3\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"+Inf\"} 4\n"),
        "# HELP h \n# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 5\nh_bucket{le=\"+Inf\"} "
        "5\nh_sum 0\nh_count 5\n");
}

TEST(ParsePage, one_wrong_line_costs_the_page) {
    EXPECT_EQ(fault("a 1\nb{ 2\n"), "2: a label's name is wrong");
    EXPECT_EQ(fault("# TYPE a counter\n# TYPE a gauge\n"), "2: a second TYPE of the same metric");
    EXPECT_EQ(fault("a 1\n# TYPE a gauge\n"), "2: a TYPE behind its samples");
    EXPECT_EQ(fault("# TYPE a funny\n"), "1: an unknown TYPE");
    EXPECT_EQ(fault("# TYPE a stateset\n"), "1: an unknown TYPE");
    EXPECT_EQ(fault("# TYPE 1 gauge\n"), "1: a metric's name is wrong");
    EXPECT_EQ(fault("# HELP \n"), "1: a metric's name is wrong");
    EXPECT_EQ(fault("# TYPE h histogram\nh 1\n"), "2: a sample does not fit the TYPE of its metric");
    EXPECT_EQ(fault("# TYPE h histogram\nh_bucket 1\n"), "2: a bucket has no le, or one that is no number");
    EXPECT_EQ(fault("# TYPE h histogram\nh_bucket{le=\"x\"} 1\n"), "2: a bucket has no le, or one that is no number");
    EXPECT_EQ(fault("# TYPE h histogram\nh_bucket{le=\"1\"} 1.5\n"), "2: a bucket's count is no whole number");
    EXPECT_EQ(fault("# TYPE h histogram\nh_sum{le=\"1\"} 1\n"), "2: a sum or a count has a label le or quantile");
    EXPECT_EQ(fault("# TYPE h histogram\nh_count -1\n"), "2: a count is no whole number");
    EXPECT_EQ(fault("# TYPE s summary\ns 1\n"), "2: a summary's sample has no quantile, or one that is no number");
    EXPECT_EQ(fault("# TYPE s summary\ns{quantile=\"2\"} 1\n"), "2: a quantile is not between 0 and 1");
    EXPECT_EQ(fault("<html>\n"), "1: a metric's name is wrong");
    EXPECT_EQ(fault("a 1\r\n"), "1: a value is no number");
    EXPECT_EQ(fault("a 1\n", PageFormat::openmetrics), "2: the page does not end with # EOF");
    EXPECT_EQ(fault("# EOF\na 1\n", PageFormat::openmetrics), "2: something follows # EOF");
    EXPECT_EQ(fault("a 1 # {} 1\n"), "1: a timestamp is no number");
}

TEST(ParsePage, absurd_times_are_no_times) {
    EXPECT_EQ(read("a 1 1e300\n").at(0).numbers.at(0).timestamp_ms, 0);
    EXPECT_EQ(read("# TYPE a counter\na_total 1 NaN\na_created 1e300\n# EOF\n", PageFormat::openmetrics)
                  .at(0)
                  .numbers.at(0)
                  .created,
              WallTime{});
}

// What a value becomes on a page.
std::string valid(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        const Utf8Step step = utf8_step(bytes);
        text += step.valid ? bytes.substr(0, step.length) : utf8_replacement;
        bytes.remove_prefix(step.length);
    }
    return text;
}

TEST(ParsePage, a_line_of_more_than_64_KiB_is_wrong) {
    EXPECT_EQ(parse_page("# " + std::string(65'534, 'x') + "\n", PageFormat::text).fault, "");
    EXPECT_EQ(parse_page("# " + std::string(65'535, 'x') + "\n", PageFormat::text).fault, "a line longer than 64 KiB");
}

TEST(ParsePage, more_series_or_metrics_than_the_limit_are_too_many) {
    constexpr std::string_view page = "a{k=\"1\"} 1\na{k=\"1\"} 1\na{k=\"2\"} 1\nb 1\n";
    EXPECT_EQ(parse_page(page, PageFormat::text, {.series = 3, .families = 2}).fault, "");
    const ParsedPage series = parse_page(page, PageFormat::text, {.series = 2, .families = 2});
    EXPECT_TRUE(series.too_large);
    EXPECT_EQ(series.line, 4U);
    EXPECT_EQ(series.fault, "more series than are read");
    EXPECT_TRUE(series.families.empty());
    const ParsedPage families = parse_page(page, PageFormat::text, {.series = 3, .families = 1});
    EXPECT_TRUE(families.too_large);
    EXPECT_EQ(families.fault, "more metrics than are read");
}

TEST(ParsePage, any_label_value_and_any_number_come_back) {
    constexpr std::string_view likely = "\"\\\n\0n{}=,# \xff\xc3\xbc\xe2\x82";
    Rng rng{20260731};
    for (int round = 0; round < 3000; ++round) {
        std::string value;
        for (std::uint64_t i = rng.below(12) + 1; i > 0; --i)
            value += rng.below(3) ? likely[rng.below(likely.size())] : static_cast<char>(rng.below(256));
        double number = std::bit_cast<double>(rng());
        if (number != number) number = 1.0;
        const std::vector<MetricFamily> families{
            {.name = "g",
             .help = value,
             .type = MetricType::gauge,
             .numbers = {{.labels = {{"a", value}, {"b", "x"}}, .value = number}}},
            {.name = "h",
             .help = "",
             .type = MetricType::histogram,
             .histograms = {{.labels = {{"a", value}},
                             .count = 2,
                             .sum = 1.0,
                             .buckets = {{0.5, 1}},
                             .exemplars = {{.labels = {{"t", value}}, .value = 0.1}}}}}};
        for (const PageFormat format : {PageFormat::text, PageFormat::openmetrics}) {
            const std::string page = write_page(families, format);
            const auto back = read(page, format);
            ASSERT_EQ(back.size(), 2U) << page;
            ASSERT_EQ(back[0].help, valid(value)) << page;
            ASSERT_EQ(back[0].numbers.at(0).labels.value("a"), valid(value)) << page;
            ASSERT_EQ(back[0].numbers.at(0).value, number) << page;
            ASSERT_EQ(back[1].histograms.at(0).labels.value("a"), valid(value)) << page;
            ASSERT_EQ(write_page(back, format), page);
        }
    }
}

}  // namespace
}  // namespace outrigger::metrics
