// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/page.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace outrigger::metrics {
namespace {

constexpr std::string_view prometheus_2_42 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr std::string_view protobuf_first =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,";
constexpr std::string_view prometheus_3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/"
    "openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

TEST(Page, each_server_gets_what_it_likes_best) {
    EXPECT_EQ(negotiate_format(prometheus_2_42), PageFormat::openmetrics);
    EXPECT_EQ(negotiate_format(std::string{protobuf_first} + std::string{prometheus_2_42}), PageFormat::protobuf);
    EXPECT_EQ(negotiate_format(prometheus_3), PageFormat::openmetrics);
    EXPECT_EQ(negotiate_format(
                  "application/"
                  "vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," +
                  std::string{prometheus_3}),
              PageFormat::protobuf);
}

TEST(Page, a_browser_curl_and_nobody_get_text) {
    for (const char* accept :
         {"", "*/*", "text/plain", "text/*",
          "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json",
          "text/plain;version=0.0.4", "TEXT/PLAIN", ";;;,,=,\"", "text/html", "a/b;q=\"1,2\""})
        EXPECT_EQ(negotiate_format(accept), PageFormat::text) << accept;
}

TEST(Page, the_highest_q_wins_and_zero_means_no) {
    EXPECT_EQ(negotiate_format("text/plain;q=0.5, application/openmetrics-text;q=0.501"), PageFormat::openmetrics);
    EXPECT_EQ(negotiate_format("text/plain;q=0.5, application/openmetrics-text;q=0.4"), PageFormat::text);
    EXPECT_EQ(negotiate_format("application/openmetrics-text, text/plain"), PageFormat::openmetrics);
    EXPECT_EQ(negotiate_format("text/plain, application/openmetrics-text"), PageFormat::text);
    EXPECT_EQ(negotiate_format("application/openmetrics-text;q=0"), PageFormat::text);
    EXPECT_EQ(
        negotiate_format("application/openmetrics-text ; version = \"1.0.0\" ; q = 0.9, text/plain;q=0.8"),
        PageFormat::openmetrics);
    EXPECT_EQ(negotiate_format("application/openmetrics-text;q=7, text/plain;q=0.9"),
              PageFormat::openmetrics);   // malformed: 1
}

TEST(Page, another_version_encoding_or_proto_is_another_format) {
    EXPECT_EQ(negotiate_format("application/openmetrics-text;version=2.0.0,*/*;q=0.1"), PageFormat::text);
    for (const char* other : {"proto=io.prometheus.client.MetricFamily;encoding=text",
                              "proto=a.B;encoding=delimited", "encoding=delimited", ""})
        EXPECT_EQ(negotiate_format("application/vnd.google.protobuf;" + std::string{other}), PageFormat::text) << other;
}

TEST(Page, gzip_is_taken_as_allowed) {
    for (const char* yes : {"gzip", "GZIP", "deflate, gzip;q=0.5", "*", "br;q=1.0, x-gzip", "*;q=0.1"})
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    for (const char* no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0", "gzipped", "deflate"})
        EXPECT_FALSE(accepts_gzip(no)) << no;
}

TEST(Page, every_format_has_a_content_type_and_a_page) {
    const std::vector<MetricFamily> families{
        {.name = "up", .help = "h", .type = MetricType::gauge, .numbers = {{.labels = {}, .value = 1}}}};
    EXPECT_EQ(content_type(PageFormat::text), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(content_type(PageFormat::openmetrics), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    EXPECT_EQ(content_type(PageFormat::protobuf),
              "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited");
    EXPECT_EQ(write_page(families, PageFormat::text), "# HELP up h\n# TYPE up gauge\nup 1\n");
    EXPECT_EQ(write_page(families, PageFormat::openmetrics), "# TYPE up gauge\n# HELP up h\nup 1\n# EOF\n");
    EXPECT_TRUE(write_page(families, PageFormat::protobuf).ends_with("\xf0\x3f"));   // 1.0
}

}  // namespace
}  // namespace outrigger::metrics
