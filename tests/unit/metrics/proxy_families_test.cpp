// SPDX-License-Identifier: Apache-2.0
#include "metrics/proxy_families.hpp"

#include <gtest/gtest.h>

#include <outrigger/metrics/registry.hpp>

#include <string>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

class ProxyFamilies : public ::testing::Test {
protected:
    ProxyFamilies() { registry.absorb(instruments.source()); }
    // Whether the page has this line.
    [[nodiscard]] bool says(const std::string& line) const {
        return std::string{"\n"}.append(registry.text_page()).find("\n" + line + "\n") != std::string::npos;
    }
    // The upper bounds of a family's buckets, as the page has them.
    [[nodiscard]] std::string bounds(const std::string& family) const {
        const std::string page = registry.text_page();
        std::string found;
        for (auto at = page.find(family + "_bucket{"); at != std::string::npos;
             at = page.find(family + "_bucket{", at + 1)) {
            const auto from = page.find("le=\"", at) + 4;
            found += page.substr(from, page.find('"', from) - from) + " ";
        }
        return found;
    }

    HttpServerInstruments instruments;
    Registry registry;
};

TEST_F(ProxyFamilies, are_there_once_something_was_recorded) {
    auto recorder = instruments.recorder();
    const auto is_on_the_page = [this](const std::string& part) {
        return registry.text_page().find(part) != std::string::npos;
    };
    EXPECT_FALSE(is_on_the_page("outrigger_overhead") || is_on_the_page("outrigger_stream"));
    recorder.record_overhead(20us);
    EXPECT_TRUE(is_on_the_page("outrigger_overhead_seconds"));
    EXPECT_FALSE(is_on_the_page("outrigger_stream"));
}

TEST_F(ProxyFamilies, the_overhead_has_one_series_for_all_recorders) {
    auto first = instruments.recorder();
    auto second = instruments.recorder();
    first.record_overhead(10us);
    second.record_overhead(11us);
    second.record_overhead(-1s);
    EXPECT_EQ(bounds("outrigger_overhead_seconds"),
              "1e-05 2.5e-05 5e-05 1e-04 0.00025 5e-04 0.001 0.0025 0.005 0.01 0.025 0.1 +Inf ");
    EXPECT_TRUE(says("outrigger_overhead_seconds_bucket{le=\"1e-05\"} 2"));
    EXPECT_TRUE(says("outrigger_overhead_seconds_bucket{le=\"2.5e-05\"} 3"));
    EXPECT_TRUE(says("outrigger_overhead_seconds_sum 2.1e-05"));
    EXPECT_TRUE(says("outrigger_overhead_seconds_count 3"));
}

TEST_F(ProxyFamilies, streams_are_counted_by_kind) {
    auto recorder = instruments.recorder();
    auto other = instruments.recorder();
    {
        auto events = recorder.begin_stream(StreamKind::event_stream);
        const auto moved = std::move(events);
        const auto tunnel = recorder.begin_stream(StreamKind::http2);
        const auto elsewhere = other.begin_stream(StreamKind::http2);
        EXPECT_TRUE(says("outrigger_streams_active{kind=\"event_stream\"} 1"));
        EXPECT_TRUE(says("outrigger_streams_active{kind=\"http2\"} 2"));
        EXPECT_FALSE(says("outrigger_streams_active{kind=\"upgrade\"} 0")) << "never seen";
    }
    EXPECT_TRUE(says("outrigger_streams_active{kind=\"http2\"} 0"));
    recorder.record_stream(StreamKind::upgrade, 1h);
    recorder.record_stream(StreamKind::upgrade, 5h);
    EXPECT_EQ(bounds("outrigger_stream_duration_seconds"), "1 5 15 60 300 900 3600 14400 +Inf ");
    EXPECT_TRUE(says("outrigger_stream_duration_seconds_bucket{kind=\"upgrade\",le=\"900\"} 0"));
    EXPECT_TRUE(says("outrigger_stream_duration_seconds_bucket{kind=\"upgrade\",le=\"3600\"} 1"));
    EXPECT_TRUE(says("outrigger_stream_duration_seconds_count{kind=\"upgrade\"} 2"));
}

}  // namespace
}  // namespace outrigger::metrics
