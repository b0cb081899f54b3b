// SPDX-License-Identifier: Apache-2.0
#include "metrics/process_stat.hpp"

#include <gtest/gtest.h>

namespace outrigger::metrics {
namespace {

// Fields by proc(5): 20 num_threads, 22 starttime, 23 vsize, 24 rss.
constexpr std::string_view line =
    "4242 (my (odd) prog) S 1 4242 4242 0 -1 4194560 2311 0 1 0 17 9 0 0 20 0 7 0 987654 231346176 5120 "
    "18446744073709551615 1 1 0 0 0 0 0 4096 17642 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

TEST(ProcessStat, a_name_with_blanks_and_parentheses_shifts_no_field) {
    const auto stat = parse_process_stat(line);
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->threads, 7U);
    EXPECT_EQ(stat->start_ticks, 987654U);
    EXPECT_EQ(stat->virtual_bytes, 231346176U);
    EXPECT_EQ(stat->resident_pages, 5120U);
}

TEST(ProcessStat, text_of_another_form_is_nothing) {
    EXPECT_FALSE(parse_process_stat(""));
    EXPECT_FALSE(parse_process_stat("4242 (prog) S 1 2 3\n"));
    EXPECT_FALSE(parse_process_stat("no parentheses at all"));
}

TEST(BootTime, is_found_among_the_other_lines) {
    EXPECT_EQ(parse_boot_time("cpu  1 2 3\nctxt 99\nbtime 1763596800\nprocesses 5\n"), 1763596800U);
}

TEST(BootTime, is_nothing_where_there_is_none) {
    EXPECT_FALSE(parse_boot_time(""));
    EXPECT_FALSE(parse_boot_time("cpu 1\nbtime soon\n"));
}

}  // namespace
}  // namespace outrigger::metrics
