// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/registry.hpp>

#include <gtest/gtest.h>

namespace outrigger::metrics {
namespace {

TEST(StateSet, shows_every_state_in_a_label_of_the_familys_name) {
    Registry registry;
    const auto circuits = registry.state_set("circuit_state", "State.", labels("upstream"), {{"closed", "open"}});
    const StateSet users = circuits.with("users");
    users.only(1);
    EXPECT_TRUE(users.is_set(1));
    EXPECT_NE(registry.text_page().find("# TYPE circuit_state gauge\n"
                                        "circuit_state{upstream=\"users\",circuit_state=\"closed\"} 0\n"
                                        "circuit_state{upstream=\"users\",circuit_state=\"open\"} 1\n"),
              std::string::npos);
    EXPECT_EQ(registry.collect().at(0).type, MetricType::state_set);
}

TEST(StateSet, states_can_be_on_at_once_or_one_only) {
    Registry registry;
    const StateSet set = registry.state_set("flags", "Flags.", {{"a", "b", "c"}});
    set.set(0, true);
    set.set(2, true);
    EXPECT_TRUE(set.is_set(0) && set.is_set(2) && !set.is_set(1));
    set.set(0, false);
    EXPECT_FALSE(set.is_set(0));
    set.only(1);
    EXPECT_TRUE(set.is_set(1) && !set.is_set(2));
    set.set(1000, true);
    EXPECT_FALSE(set.is_set(1000));
    EXPECT_EQ(registry.collect().at(0).numbers.size(), 3U);
}

}  // namespace
}  // namespace outrigger::metrics
