// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/record_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using Pushed = RecordQueue::Pushed;
using Lines = RecordQueue::Lines;

constexpr RecordQueue::Settings small{.capacity = Bytes{64 << 10}};

std::vector<std::pair<Severity, std::string>> all_of(RecordQueue& queue) {
    std::vector<std::pair<Severity, std::string>> all;
    queue.drain([&all](const Lines& lines) {
        std::string_view rest = lines.text;
        for (std::uint32_t i = 0; i < lines.records; ++i) {
            all.emplace_back(lines.severity, rest.substr(0, rest.find('\n')));
            rest.remove_prefix(rest.find('\n') + 1);
        }
        EXPECT_TRUE(rest.empty()) << "a line for each record";
    });
    return all;
}

std::uint64_t pushed_until_full(RecordQueue& queue, std::string_view record, Severity severity) {
    std::uint64_t count = 0;
    while (queue.push(record, severity) != Pushed::full) ++count;
    return count;
}

TEST(RecordQueue, records_come_out_as_they_went_in_the_most_severe_first) {
    RecordQueue queue;
    (void)queue.push("a\n", Severity::low);
    (void)queue.push("b\n", Severity::normal);
    (void)queue.push("c\n", Severity::high);
    (void)queue.push("d\n", Severity::low);
    EXPECT_EQ(queue.in_hand(), 4u);
    const std::vector<std::pair<Severity, std::string>> expected{
        {Severity::high, "c"}, {Severity::normal, "b"}, {Severity::low, "a"}, {Severity::low, "d"}};
    EXPECT_EQ(all_of(queue), expected);
    EXPECT_EQ(queue.in_hand(), 0u);
    EXPECT_EQ(queue.in_use(), Bytes{0});
    EXPECT_TRUE(all_of(queue).empty());
}

TEST(RecordQueue, only_the_first_record_after_a_drain_wakes_the_one_who_drains) {
    RecordQueue queue;
    EXPECT_EQ(queue.push("a\n", Severity::low), Pushed::first);
    EXPECT_EQ(queue.push("b\n", Severity::high), Pushed::taken);
    (void)all_of(queue);
    EXPECT_EQ(queue.push("c\n", Severity::low), Pushed::first);
}

TEST(RecordQueue, an_eighth_of_the_capacity_is_told_so_that_nobody_waits_longer) {
    RecordQueue queue{small};
    const std::string record = std::string(1'000, 'x') + '\n';
    std::uint64_t much = 0;
    for (int i = 0; i < 20; ++i) much += queue.push(record, Severity::high) == Pushed::much ? 1u : 0u;
    EXPECT_EQ(much, 1u);
}

TEST(RecordQueue, a_full_queue_keeps_room_for_what_matters_more_and_counts_what_it_refuses) {
    RecordQueue queue{small};
    const std::string record = std::string(999, 'x') + '\n';
    const std::uint64_t low = pushed_until_full(queue, record, Severity::low);
    const std::uint64_t normal = pushed_until_full(queue, record, Severity::normal);
    const std::uint64_t high = pushed_until_full(queue, record, Severity::high);
    EXPECT_EQ(low, 32u) << "half of 16 blocks, four records in each";
    EXPECT_EQ(normal, 16u);
    EXPECT_EQ(high, 16u);
    EXPECT_FALSE(queue.has_room(1'000, Severity::high));
    EXPECT_EQ(queue.push(record, Severity::low), Pushed::full);
    EXPECT_EQ(queue.refused(Severity::low), 2u);
    EXPECT_EQ(queue.refused(Severity::normal), 1u);
    EXPECT_EQ(queue.refused(Severity::high), 1u);
    EXPECT_EQ(all_of(queue).size(), 64u);
    EXPECT_TRUE(queue.has_room(1'000, Severity::low));
    EXPECT_EQ(queue.push(record, Severity::low), Pushed::first);
}

TEST(RecordQueue, a_record_longer_than_a_block_is_taken_in_its_turn) {
    RecordQueue queue{small};
    const std::string large = std::string(20'000, 'l');
    (void)queue.push("a\n", Severity::low);
    EXPECT_NE(queue.push(large + '\n', Severity::low), Pushed::full);
    (void)queue.push("b\n", Severity::low);
    const auto all = all_of(queue);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].second, "a");
    EXPECT_EQ(all[1].second, large);
    EXPECT_EQ(all[2].second, "b");
}

TEST(RecordQueue, what_throws_while_it_takes_records_leaves_no_memory_in_use) {
    RecordQueue queue{small};
    const std::string record = std::string(3'000, 'x') + '\n';
    for (int i = 0; i < 5; ++i) (void)queue.push(record, Severity::low);
    EXPECT_THROW(queue.drain([](const Lines&) { throw std::runtime_error{"no"}; }), std::runtime_error);
    EXPECT_EQ(queue.in_use(), Bytes{0});
    EXPECT_EQ(queue.in_hand(), 0u);
}

// Each thread's records of one severity stay in their order, and none is lost or doubled.
TEST(RecordQueue, threads_push_while_another_one_drains_whenever_it_is_woken) {
    constexpr std::size_t threads = 4;
    constexpr std::uint64_t each = 5'000;
    RecordQueue queue{small};
    std::atomic<std::uint64_t> wakes{0};
    std::atomic<std::size_t> done{0};
    std::array<std::array<std::int64_t, severity_count>, threads> last{};
    for (auto& of_thread : last) of_thread.fill(-1);
    std::uint64_t seen = 0;
    const auto take = [&](const Lines& lines) {
        std::string_view rest = lines.text;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(line.size() + 1);
            std::int64_t number = 0;
            std::from_chars(line.data() + 2, line.data() + line.size(), number);
            auto& before = last[static_cast<std::size_t>(line[0] - '0')][static_cast<std::size_t>(lines.severity)];
            EXPECT_LT(before, number);
            before = number;
            ++seen;
        }
    };
    std::vector<std::thread> pushers;
    for (std::size_t t = 0; t < threads; ++t)
        pushers.emplace_back([&, t] {
            for (std::uint64_t i = 0; i < each; ++i) {
                const std::string record = std::to_string(t) + ' ' + std::to_string(i) + '\n';
                const auto severity = static_cast<Severity>(i % severity_count);
                for (Pushed pushed = Pushed::full; pushed == Pushed::full;) {
                    pushed = queue.push(record, severity);
                    if (pushed == Pushed::first) ++wakes;
                    if (pushed == Pushed::full) std::this_thread::yield();
                }
            }
            ++done;
        });
    for (std::uint64_t handled = 0; done < threads || wakes > handled;) {
        const std::uint64_t woken = wakes;
        if (woken == handled) {
            std::this_thread::yield();
            continue;
        }
        handled = woken;
        queue.drain(take);   // only when told to: a wake-up that is missing would leave records behind
    }
    for (auto& pusher : pushers) pusher.join();
    EXPECT_EQ(seen, threads * each);
    EXPECT_EQ(queue.in_hand(), 0u);
}

}   // namespace
