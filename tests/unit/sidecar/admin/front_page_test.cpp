// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/front_page.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;
using metrics::HttpServerInstruments;
using metrics::HttpServerRecorder;
using metrics::HttpServerSummary;

class FrontPage : public testing::Test {
protected:
    // The text of the element with this id; "absent" if there is none.
    [[nodiscard]] std::string shown(const std::string& id) const {
        const std::string page = front_page(facts);
        const std::size_t at = page.find("id=\"" + id + "\"");
        if (at == std::string::npos) return "absent";
        const std::size_t from = page.find('>', at) + 1;
        return page.substr(from, page.find('<', from) - from);
    }
    [[nodiscard]] bool has(std::string_view part) const { return front_page(facts).find(part) != std::string::npos; }

    FrontPageFacts facts{.service = "orders", .version = "1.2.3", .health = "{}", .traffic = {}, .upstreams = {}, .links = {}};
};

TEST_F(FrontPage, shows_the_figures) {
    HttpServerInstruments instruments;
    HttpServerRecorder recorder = instruments.recorder();
    const auto active = recorder.begin(metrics::HttpMethod::get);
    for (int i = 0; i < 98; ++i)
        recorder.record({.method = metrics::HttpMethod::get, .route = {1, "/a"}, .status = 200, .duration = 2ms});
    recorder.record({.method = metrics::HttpMethod::get, .status = 502, .reason = Reason::connect_failed, .duration = 30s});
    recorder.record({.method = metrics::HttpMethod::get, .reason = Reason::caller_left, .duration = 30s});
    recorder.record_overhead(40us);
    facts.traffic = instruments.summary();
    EXPECT_EQ(shown("requests"), "100");
    EXPECT_EQ(shown("active"), "1");
    EXPECT_EQ(shown("failed"), "2");
    EXPECT_EQ(shown("failed-share"), "2.00 %");
    EXPECT_EQ(shown("p50"), "1.8 ms");
    EXPECT_EQ(shown("p99"), "&gt; 10.00 s");
    EXPECT_EQ(shown("overhead-p50"), "38 µs");
    EXPECT_EQ(shown("status-2xx"), "98");
    EXPECT_EQ(shown("status-5xx"), "1");
    EXPECT_EQ(shown("status-none"), "1");
    EXPECT_EQ(shown("status-4xx"), "absent");
    EXPECT_TRUE(has("<td>connect_failed</td><td>1</td><td>1.00 %</td>"));
    EXPECT_TRUE(has("<td>/a</td><td>98</td><td>0</td><td>1.8 ms</td><td>2.5 ms</td>"));
    EXPECT_TRUE(has("<td>no route</td><td>2</td>"));
    EXPECT_FALSE(has("Streams"));
}

TEST_F(FrontPage, before_the_first_request_says_nothing_that_it_does_not_know) {
    EXPECT_EQ(shown("requests"), "0");
    EXPECT_EQ(shown("failed-share"), "–");
    EXPECT_EQ(shown("p50"), "–");
    EXPECT_EQ(shown("overhead-p99"), "–");
    EXPECT_FALSE(has("<table>"));
}

TEST_F(FrontPage, shows_the_calls_to_others_where_there_are_any) {
    EXPECT_FALSE(has("Calls to others"));
    facts.upstreams = {{.name = "users", .calls = 200, .failed = 1, .attempts = 210, .retries = 10, .circuit = "closed", .healthy = 3},
                       {.name = "<search>", .calls = 8, .failed = 4, .refused = 2, .circuit = "open", .healthy = 2, .ejected = 1,
                        .ejections = 7},
                       {.name = "orders", .circuit = "open", .shadow = true, .healthy = 1}};
    EXPECT_TRUE(has("<td>users</td><td>200</td><td>1</td><td>0.50 %</td><td>10</td><td>0</td><td>closed</td><td>3</td><td>0</td>"));
    EXPECT_TRUE(has("<td>&lt;search&gt;</td><td>8</td><td>4</td><td>50.00 %</td><td>0</td><td>2</td>"
                    "<td><span class=\"bad\">open</span></td><td><span class=\"bad\">2 of 3</span></td><td>7</td>"));
    EXPECT_TRUE(has("<td>open (shadow)</td><td>1</td>"));
}

TEST_F(FrontPage, shows_streams_where_there_are_any) {
    facts.traffic.streams = {{metrics::StreamKind::upgrade, 3, 14}};
    EXPECT_TRUE(has("<td>upgrade</td><td>3</td><td>14</td>"));
}

TEST_F(FrontPage, shows_the_ten_most_frequent_errors_and_routes) {
    for (int i = 10; i < 40; ++i) {
        facts.traffic.errors.push_back({"e" + std::to_string(i), 1});
        facts.traffic.routes.push_back({"/r" + std::to_string(i), 1, 0, {}});
    }
    EXPECT_TRUE(has("<td>e19</td>") && has("<td>/r19</td>"));
    EXPECT_FALSE(has("<td>e20</td>") || has("<td>/r20</td>"));
}

TEST_F(FrontPage, says_where_the_sidecar_stands) {
    EXPECT_EQ(shown("state"), "not ready");
    facts.ready = true;
    EXPECT_EQ(shown("state"), "ready");
    facts.drain.draining = true;
    EXPECT_EQ(shown("state"), "draining");
    facts.drain.ended = true;
    EXPECT_EQ(shown("state"), "drained");
}

TEST_F(FrontPage, says_how_long_it_has_been_up) {
    const auto after = [this](Duration uptime) {
        facts.uptime = uptime;
        return shown("uptime");
    };
    EXPECT_EQ(after(0s), "0 s");
    EXPECT_EQ(after(59'999ms), "59 s");
    EXPECT_EQ(after(67s), "1 min 7 s");
    EXPECT_EQ(after(2h + 5min + 59s), "2 h 5 min");
    EXPECT_EQ(after(76h), "3 d 4 h");
}

TEST_F(FrontPage, shows_whatever_comes_from_outside_as_text) {
    facts.service = "<b>&\"shop\"";
    facts.version = "<i>";
    facts.health = "<script>alert(1)</script>";
    facts.traffic.errors = {{"<script>", 1}};
    facts.traffic.routes = {{"/<img>", 1, 0, {}}};
    EXPECT_TRUE(has("<h1>&lt;b&gt;&amp;&quot;shop&quot;</h1>"));
    for (const char* raw : {"<script>", "<img>", "<i>", "<b>"}) EXPECT_FALSE(has(raw)) << raw;
}

TEST_F(FrontPage, leads_to_the_others_and_needs_no_script) {
    constexpr std::array links{Link{"/metrics"}, Link{"/quit", true}};
    facts.links = links;
    EXPECT_TRUE(has("<a href=\"/metrics\">/metrics</a>"));
    EXPECT_TRUE(has("POST /quit"));
    EXPECT_FALSE(has("href=\"/quit\""));
    EXPECT_TRUE(has("<meta http-equiv=\"refresh\" content=\"2\">"));
    EXPECT_FALSE(has("<script") || has("http://") || has("https://"));
}

}  // namespace
}  // namespace outrigger::admin
