// SPDX-License-Identifier: Apache-2.0
#include "metrics/family_spec.hpp"

#include <gtest/gtest.h>

#include <outrigger/metrics/registry.hpp>

#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

namespace outrigger::metrics {
namespace {

// The sentence with which it is refused; empty: it is not.
std::string refusal(const std::function<void()>& registering) {
    try {
        registering();
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
    return "";
}

class Registering : public ::testing::Test {
protected:
    // What stands behind the family's name.
    static std::string why(const std::function<void()>& registering) {
        const std::string text = refusal(registering);
        const auto at = text.find("cannot be registered: ");
        return at == std::string::npos ? text : text.substr(at + 22);
    }
    Registry registry;
};

TEST_F(Registering, a_sentence_names_the_family_and_the_reason) {
    EXPECT_EQ(refusal([&] { registry.counter("orders", "h"); }),
              "the metric family \"orders\" cannot be registered: the name of a counter ends in _total");
}

TEST_F(Registering, bad_names_are_refused) {
    for (const char* name : {"", "9_total", "a-b_total", "a:b_total", "__a_total", "\xc3\xbc_total"})
        EXPECT_EQ(why([&] { registry.counter(name, "h"); }),
                  "a name consists of letters, digits and _, and begins with neither a digit nor __") << name;
    EXPECT_EQ(why([&] { registry.counter("_total", "h"); }), "the name of a counter ends in _total");
    EXPECT_EQ(why([&] { registry.gauge("x_total", "h"); }), "only a counter's name ends in _total");
    EXPECT_EQ(why([&] { registry.info("build", "h", {}); }), "the name of a info ends in _info");
    EXPECT_EQ(why([&] { registry.counter("x_total", ""); }), "its help text is empty");
}

TEST_F(Registering, a_unit_is_part_of_the_name) {
    EXPECT_EQ(why([&] { registry.counter("x_total", "h", {.unit = "bytes"}); }),
              "its unit is bytes, so its name has to end in _bytes_total");
    EXPECT_EQ(why([&] { registry.gauge("x", "h", {.unit = "seconds"}); }),
              "its unit is seconds, so its name has to end in _seconds");
    EXPECT_EQ(why([&] { registry.counter("x_bytes_total", "h", {.unit = "bytes"}); }), "");
}

TEST_F(Registering, bad_labels_are_refused) {
    EXPECT_EQ(why([&] { registry.counter("x_total", "h", labels("a-b")); }),
              "the label name \"a-b\" is not allowed: letters, digits and _, no digit first");
    for (const char* name : {"le", "quantile", "__x"})
        EXPECT_EQ(why([&] { registry.gauge("x", "h", labels("ok", name)); }),
                  "the label name \"" + std::string{name} + "\" is reserved");
    EXPECT_EQ(why([&] { registry.gauge("x", "h", labels("a", "a")); }), "the label name \"a\" is there twice");
    EXPECT_EQ(why([&] { registry.state_set("x", "h", labels("x"), {{"on"}}); }),
              "the label \"x\" is where a state set has its states");
}

TEST_F(Registering, bounds_have_to_ascend) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(why([&] { registry.histogram("x", "h", {Bounds{}}); }), "it has no bucket bounds");
    for (const Bounds& bounds : {Bounds{1, 1}, Bounds{2, 1}, Bounds{1, nan}, Bounds{1, std::numeric_limits<double>::infinity()}})
        EXPECT_EQ(why([&] { registry.histogram("x", "h", {bounds}); }),
                  "its bucket bounds have to be finite and to ascend; bound 2 does not");
    EXPECT_EQ(why([&] { registry.histogram("x", "h", {linear_bounds(0, 1, 1001)}); }),
              "1001 bucket bounds; allowed are 1 to 1000");
}

TEST_F(Registering, settings_out_of_range_are_refused) {
    EXPECT_EQ(why([&] { registry.gauge("x", "h", labels("a"), {.series_max = 0}); }),
              "series_max is 0; allowed are 1 to 1000000");
    EXPECT_EQ(why([&] { registry.gauge("x", "h", labels("a"), {.idle = Duration{-1}}); }), "idle is negative; 0 means never");
    EXPECT_EQ(why([&] { registry.native_histogram("x", "h", {.growth_factor = 1}); }),
              "growth_factor is 1.000000; it has to be above 1, at most 65536");
    EXPECT_EQ(why([&] { registry.native_histogram("x", "h", {.buckets_max = 0}); }),
              "buckets_max is 0; allowed are 1 to 1024");
    EXPECT_EQ(why([&] { registry.native_histogram("x", "h", {.zero_threshold = -1}); }),
              "zero_threshold has to be finite and not negative");
    EXPECT_EQ(why([&] { registry.state_set("x", "h", {{}}); }), "0 states; allowed are 1 to 64");
    EXPECT_EQ(why([&] { registry.state_set("x", "h", {{"a", "a"}}); }), "a state is there twice");
    EXPECT_EQ(why([&] { registry.state_set("x", "h", {{"a", ""}}); }), "a state is empty");
}

TEST_F(Registering, the_same_again_is_the_same_family) {
    const auto first = registry.counter("x_total", "h", labels("a"));
    const auto second = registry.counter("x_total", "h", labels("a"));
    first.with("v").increment();
    EXPECT_EQ(second.with("v").value(), 1);
    registry.info("build_info", "h", {{"version", "1"}});
    registry.info("build_info", "h", {{"version", "1"}});
    registry.info("build_info", "h", {{"version", "2"}});
    EXPECT_NE(registry.text_page().find("build_info{version=\"1\"} 1\nbuild_info{version=\"2\"} 1\n"), std::string::npos);
}

TEST_F(Registering, a_name_belongs_to_one_family) {
    registry.histogram("x", "h");
    EXPECT_EQ(why([&] { registry.gauge("x", "h"); }), "\"x\" belongs to the histogram \"x\"");
    EXPECT_EQ(why([&] { registry.gauge("x_count", "h"); }), "\"x_count\" belongs to the histogram \"x\"");
    EXPECT_EQ(why([&] { registry.histogram("x", "other"); }),
              "it is there already, with another help text, labels or settings");
    EXPECT_EQ(why([&] { registry.histogram("x", "h", labels("a")); }),
              "it is there already, with another help text, labels or settings");
    EXPECT_EQ(why([&] { registry.histogram("x", "h", {{1, 2}}); }), "it is there already, with other settings");
    EXPECT_EQ(why([&] { registry.native_histogram("x", "h"); }),
              "it is there already, with another help text, labels or settings");
    registry.counter("jobs_total", "h");
    EXPECT_EQ(why([&] { registry.gauge("jobs", "h"); }), "\"jobs\" belongs to the counter \"jobs_total\"") << "in OpenMetrics";
    registry.gauge("y_sum", "h");
    EXPECT_EQ(why([&] { registry.histogram("y", "h"); }), "\"y_sum\" belongs to the gauge \"y_sum\"");
    EXPECT_EQ(why([&] { registry.histogram("y", "h"); }), "\"y_sum\" belongs to the gauge \"y_sum\"") << "nothing stayed of the first try";
}

}  // namespace
}  // namespace outrigger::metrics
