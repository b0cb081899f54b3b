// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/hand.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace outrigger::logging {
namespace {

const std::string identity = "abcdefghijklmnop";
const std::string line = "{\"event\":{\"a\":1}}\n";

std::string times(const std::string& text, int count) {
    std::string all;
    for (; count > 0; --count) all += text;
    return all;
}

TEST(Hand, numbers_records_on_and_makes_a_batch_for_each_severity) {
    Hand hand{Bytes{10'000}, identity};
    hand.number_from(7);
    hand.add(Severity::high, 2, times(line, 2), false);
    hand.add(Severity::high, 1, line, false);
    hand.add(Severity::low, 1, line, false);
    const auto batches = hand.offered();
    ASSERT_EQ(batches.size(), 2U);
    EXPECT_EQ(batches[0].first_sequence, 7U);
    EXPECT_EQ(batches[0].records, 3U);
    EXPECT_EQ(batches[1].first_sequence, 10U);
    EXPECT_NE(batches[1].lines.find("-000000000000a\""), std::string::npos) << batches[1].lines;
    EXPECT_EQ(hand.records(), 4U);
}

TEST(Hand, batches_hold_no_more_than_they_may_and_long_records_travel_alone) {
    Hand hand{Bytes{500}, identity};
    hand.number_from(1);
    hand.add(Severity::high, 100, times(line, 100), false);
    hand.add(Severity::high, 1, "{\"event\":{\"a\":\"" + std::string(1000, 'x') + "\"}}\n", false);
    hand.add(Severity::high, 1, line, false);
    std::uint64_t sequence = 1;
    for (const Batch& batch : hand.offered()) {
        EXPECT_TRUE(batch.lines.size() <= 500 || batch.records == 1) << batch.lines.size();
        EXPECT_EQ(batch.first_sequence, sequence);
        EXPECT_EQ(static_cast<std::uint32_t>(std::ranges::count(batch.lines, '\n')), batch.records);
        sequence += batch.records;
    }
    EXPECT_EQ(sequence, 103U);
}

TEST(Hand, own_ids_stay) {
    Hand hand{Bytes{10'000}, identity};
    hand.number_from(1);
    hand.add(Severity::high, 1, "{\"event\":{\"id\":\"mine\"}}\n", true);
    hand.add(Severity::high, 1, line, false);
    ASSERT_EQ(hand.offered().size(), 1U);
    EXPECT_TRUE(hand.offered()[0].lines.starts_with("{\"event\":{\"id\":\"mine\"}}\n"));
    EXPECT_NE(hand.offered()[0].lines.find("-0000000000002\""), std::string::npos);
}

TEST(Hand, a_refusal_keeps_what_was_in_hand_before_and_it_is_numbered_anew) {
    Hand hand{Bytes{10'000}, identity};
    hand.number_from(1);
    hand.add(Severity::high, 2, times(line, 2), false);
    hand.keep();
    hand.add(Severity::high, 1, line, false);
    ASSERT_EQ(hand.offered().size(), 2U) << "so that it can be given back";
    hand.refused();
    EXPECT_EQ(hand.records(), 2U);
    hand.number_from(32);
    hand.add(Severity::low, 1, line, false);
    EXPECT_EQ(hand.next_sequence(), 35U);
    ASSERT_EQ(hand.offered().size(), 1U);
    EXPECT_NE(hand.offered()[0].lines.find("-0000000000010\""), std::string::npos) << hand.offered()[0].lines;
}

TEST(Hand, what_was_refused_is_offered_in_parts_that_grow_again) {
    Hand hand{Bytes{10'000}, identity};
    hand.number_from(1);
    for (int i = 0; i < 8; ++i) hand.add(static_cast<Severity>(i % 2), 4, times(line, 4), false);
    hand.keep();
    EXPECT_EQ(hand.offered().size(), 8U);
    hand.refused();
    EXPECT_TRUE(hand.in_parts());
    for (const std::size_t expected : {1U, 2U, 4U, 1U}) {
        EXPECT_EQ(hand.offered().size(), expected);
        hand.committed();
    }
    EXPECT_TRUE(hand.empty());
    EXPECT_FALSE(hand.in_parts());
}

TEST(Hand, a_batch_that_is_refused_alone_is_offered_in_halves_down_to_a_record) {
    Hand hand{Bytes{10'000}, identity};
    hand.number_from(1);
    hand.add(Severity::high, 5, times(line, 5), false);
    hand.keep();
    for (const std::uint32_t expected : {5U, 2U, 1U, 1U}) {
        ASSERT_EQ(hand.offered().size(), 1U);
        EXPECT_EQ(hand.offered()[0].records, expected);
        EXPECT_EQ(std::ranges::count(hand.offered()[0].lines, '\n'), expected);
        EXPECT_EQ(hand.records(), 5U);
        hand.refused();
    }
    std::uint64_t sequence = 1;
    for (; !hand.empty(); hand.committed())
        for (const Batch& batch : hand.offered()) {
            EXPECT_EQ(batch.first_sequence, sequence);
            EXPECT_EQ(static_cast<std::uint32_t>(std::ranges::count(batch.lines, '\n')), batch.records);
            sequence += batch.records;
        }
    EXPECT_EQ(sequence, 6U);
}

TEST(Hand, a_record_that_is_refused_alone_goes_behind_the_others) {
    Hand hand{Bytes{10'000}, identity};
    hand.number_from(1);
    hand.add(Severity::low, 1, "{\"event\":{\"a\":\"" + std::string(5'000, 'x') + "\"}}\n", false);
    hand.add(Severity::high, 2, times(line, 2), false);
    hand.keep();
    hand.refused();
    EXPECT_EQ(hand.offered()[0].severity, Severity::low);
    hand.refused();
    hand.number_from(1);
    ASSERT_EQ(hand.offered().size(), 1U);
    EXPECT_EQ(hand.offered()[0].severity, Severity::high);
    EXPECT_EQ(hand.offered()[0].records, 2U);
    EXPECT_EQ(hand.offered()[0].first_sequence, 1U);
    EXPECT_NE(hand.offered()[0].lines.find("-0000000000001\""), std::string::npos) << hand.offered()[0].lines;
    hand.refused();
    hand.refused();
    EXPECT_EQ(hand.offered()[0].severity, Severity::high) << "what remains is larger and matters less";
    EXPECT_EQ(hand.offered()[0].records, 1U);
    hand.committed();
    ASSERT_EQ(hand.offered().size(), 2U);
    hand.committed();
    EXPECT_TRUE(hand.empty());
}

}   // namespace
}   // namespace outrigger::logging
