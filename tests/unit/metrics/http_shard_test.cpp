// SPDX-License-Identifier: Apache-2.0
#include "metrics/http_shard.hpp"

#include "metrics/http_families.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace outrigger::metrics {
namespace {

std::uint64_t count(const HttpSeriesCells& cells) {
    HistogramTotal<http_duration_bounds.size()> total;
    cells.duration.add_to(total);
    return total.count();
}

// Observations by route and status.
std::map<std::string, std::uint64_t> counts(const HttpShard& shard) {
    std::map<std::string, std::uint64_t> all;
    for (const auto* cells = shard.newest(); cells != nullptr; cells = cells->older)
        all[cells->series.overflow ? "other"
                                   : cells->series.route + " " + std::to_string(cells->series.status)] +=
            count(*cells);
    return all;
}

using Counts = std::map<std::string, std::uint64_t>;

TEST(HttpShard, label_sets_that_differ_in_one_field_are_kept_apart) {
    HttpFamilies families{500};
    HttpShard& shard = families.take();
    const HttpCall call{.method = HttpMethod::get, .route = {1, "/a"}, .status = 200};
    auto other_method = call;
    other_method.method = HttpMethod::put;
    auto other_route = call;
    other_route.route = {2, "/b"};
    auto other_status = call;
    other_status.status = 201;
    auto other_reason = call;
    other_reason.reason = Reason::bad_request;  // the first of the enum: must not look like none
    for (const auto& one : {call, other_method, other_route, other_status, other_reason}) shard.record(one);
    std::size_t series = 0;
    for (const auto* cells = shard.newest(); cells != nullptr; cells = cells->older) {
        if (cells->series.overflow) continue;
        EXPECT_EQ(count(*cells), 1U);
        ++series;
    }
    EXPECT_EQ(series, 5U);
}

TEST(HttpShard, an_id_that_comes_back_with_another_template_is_another_route) {
    HttpFamilies families{500};
    HttpShard& shard = families.take();
    for (const auto* route : {"/old", "/new", "/old"})
        shard.record({.method = HttpMethod::get, .route = {7, route}, .status = 200});
    EXPECT_EQ(counts(shard), (Counts{{"/old 200", 2}, {"/new 200", 1}, {"other", 0}}));
}

TEST(HttpShard, a_status_that_is_none_is_no_label) {
    HttpFamilies families{500};
    HttpShard& shard = families.take();
    for (const int status : {0, -1, 99, 1000, 70000})
        shard.record({.method = HttpMethod::get, .status = status});
    EXPECT_EQ(counts(shard), (Counts{{" 0", 5}, {"other", 0}}));
}

TEST(HttpShard, a_flood_of_label_sets_is_counted_in_bounded_memory) {
    HttpFamilies families{4};
    HttpShard& shard = families.take();
    for (std::uint32_t id = 0; id < 10'000; ++id)
        shard.record(
            {.method = HttpMethod::get, .route = {id, "/r"}, .status = 200 + static_cast<int>(id % 500)});
    std::uint64_t all = 0;
    std::size_t cells = 0;
    for (const auto* one = shard.newest(); one != nullptr; one = one->older, ++cells) all += count(*one);
    EXPECT_EQ(all, 10'000U);
    EXPECT_EQ(cells, 5U);  // four, and the other one
}

}  // namespace
}  // namespace outrigger::metrics
