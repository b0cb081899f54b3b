// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/cpus.hpp"

#include <sched.h>

#include <gtest/gtest.h>

namespace outrigger::net {
namespace {

TEST(Quota, is_rounded_up_to_whole_cpus) {
    EXPECT_EQ(quota_of("100000 100000"), 1u);
    EXPECT_EQ(quota_of("150000 100000"), 2u);
    EXPECT_EQ(quota_of("200000 100000"), 2u);
    EXPECT_EQ(quota_of("200001 100000"), 3u);
}

TEST(Quota, of_a_fraction_of_a_cpu_is_one) {
    EXPECT_EQ(quota_of("5000 100000"), 1u);
    EXPECT_EQ(quota_of("0 100000"), 1u);
}

TEST(Quota, max_means_none) { EXPECT_EQ(quota_of("max 100000"), std::nullopt); }

TEST(Quota, nonsense_means_none) {
    for (const char* text : {"", " ", "100000", "100000 ", "100000 0", "100000 x", "x 100000", "-1 100000",
                             "1.5 2", "99999999999999999999999 100000"})
        EXPECT_EQ(quota_of(text), std::nullopt) << '"' << text << '"';
}

TEST(Quota, beyond_all_measure_is_capped) {
    EXPECT_EQ(quota_of("18446744073709551615 1"), UINT32_MAX);
    EXPECT_EQ(quota_of("18446744073709551615 18446744073709551615"), 1u);
}

TEST(UsableCpus, are_at_least_one_and_no_more_than_the_affinity_mask_has) {
    cpu_set_t set;
    ASSERT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
    EXPECT_GE(usable_cpus(), 1u);
    EXPECT_LE(usable_cpus(), static_cast<std::uint32_t>(CPU_COUNT(&set)));
}

}   // namespace
}   // namespace outrigger::net
