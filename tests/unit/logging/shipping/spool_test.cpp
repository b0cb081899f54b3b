// SPDX-License-Identifier: Apache-2.0
// What every spool does, in memory and on disk.
#include <outrigger/logging/shipping/memory_spool.hpp>
#include <outrigger/logging/shipping/sqlite_spool.hpp>
#include "spool_world.hpp"
#include "temporary_directory.hpp"

#include <memory>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

struct InMemory {
    MemorySpool spool{8_MiB};
};

struct OnDisk {
    TemporaryDirectory directory;
    SqliteSpool spool{{.dir = directory.spool(), .max = 8_MiB}};
};

template <class Where>
class AnySpool : public ::testing::Test {
protected:
    ~AnySpool() override { EXPECT_TRUE(spool.ledger().balanced()); }

    Where where;
    Spool& spool = where.spool;

    // Fills it with batches of 100 KiB; their ids.
    std::vector<std::int64_t> fill(Severity severity) {
        for (int i = 0; spool.ledger().dropped[0] == 0 && i < 200; ++i) commit_one(spool, severity, 100, 1024);
        return ids_of(spool);
    }
};

using Places = ::testing::Types<InMemory, OnDisk>;
TYPED_TEST_SUITE(AnySpool, Places);

TYPED_TEST(AnySpool, begins_empty_with_sequence_one) {
    EXPECT_EQ(this->spool.ledger(), Ledger{});
    EXPECT_EQ(this->spool.next_sequence(), 1U);
    EXPECT_EQ(this->spool.state().batches, 0U);
    EXPECT_FALSE(this->spool.state().oldest);
    EXPECT_EQ(this->spool.identity().size(), 16U);
    EXPECT_TRUE(this->spool.gaps().empty());
    auto next = this->spool.next_after(0);
    ASSERT_TRUE(next);
    EXPECT_FALSE(*next);
}

TYPED_TEST(AnySpool, gives_back_what_was_committed_oldest_first) {
    std::vector<Batch> batches{batch_of(Severity::low, 2), batch_of(Severity::high, 1), batch_of(Severity::normal, 3)};
    batches[1].lines = std::string("\0{}\xff\n", 5);
    ASSERT_TRUE(commit(this->spool, batches, {.now = spool_noon + 1s}));
    commit_one(this->spool, Severity::low, 1);
    const auto all = all_of(this->spool);
    ASSERT_EQ(all.size(), 4U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(all[i].id, batches[i].id);
        EXPECT_EQ(all[i].severity, batches[i].severity);
        EXPECT_EQ(all[i].first_sequence, batches[i].first_sequence);
        EXPECT_EQ(all[i].records, batches[i].records);
        EXPECT_EQ(all[i].accepted, spool_noon + 1s);
        EXPECT_EQ(all[i].lines, batches[i].lines);
    }
    EXPECT_EQ(this->spool.ledger().accepted, 7U);
    EXPECT_EQ(this->spool.ledger().spooled, 7U);
    EXPECT_EQ(this->spool.next_sequence(), 8U);
    const SpoolState state = this->spool.state();
    EXPECT_EQ(state.batches, 4U);
    EXPECT_EQ(state.waiting, (std::array<std::uint64_t, severity_count>{3, 3, 1}));
    EXPECT_EQ(state.max, 8_MiB);
    EXPECT_GT(state.used, 700_B);
}

TYPED_TEST(AnySpool, settles_what_was_delivered_and_what_was_refused) {
    const auto first = commit_one(this->spool, Severity::normal, 3);
    const auto second = commit_one(this->spool, Severity::normal, 2);
    settle(this->spool, {{.batch = first, .delivered = 2, .quarantined = {{Rejection::too_large, "413", "{}\n"}}}});
    EXPECT_EQ(this->spool.ledger().delivered, 2U);
    EXPECT_EQ(this->spool.ledger().quarantined[2], 1U);
    EXPECT_EQ(this->spool.ledger().spooled, 2U);
    EXPECT_EQ(this->spool.state().quarantine_kept, 1U);
    EXPECT_EQ(ids_of(this->spool), std::vector{second});
}

TYPED_TEST(AnySpool, a_fate_of_a_batch_that_is_gone_changes_nothing) {
    const auto id = commit_one(this->spool, Severity::normal, 3);
    const std::vector<Fate> fates{{.batch = id, .delivered = 3}};
    settle(this->spool, fates);
    const Ledger before = this->spool.ledger();
    settle(this->spool, fates);
    settle(this->spool, {{.batch = 99, .quarantined = {{Rejection::rejected, "", "{}\n"}}}});
    EXPECT_EQ(this->spool.ledger(), before);
    EXPECT_EQ(this->spool.state().quarantine_kept, 0U);
}

TYPED_TEST(AnySpool, ids_are_never_given_twice) {
    const auto first = commit_one(this->spool, Severity::normal, 3);
    settle(this->spool, {{.batch = first, .delivered = 3}});
    EXPECT_GT(commit_one(this->spool, Severity::normal, 3), first);
}

TYPED_TEST(AnySpool, when_full_the_oldest_of_equal_severity_makes_room) {
    const auto ids = this->fill(Severity::normal);
    EXPECT_GT(ids.front(), 1);
    EXPECT_GT(ids.size(), 40U);
    EXPECT_LE(this->spool.state().used, 8_MiB);
    EXPECT_EQ(this->spool.ledger().dropped[0], 100U * static_cast<std::uint64_t>(ids.front() - 1));
    const auto gaps = this->spool.gaps();
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].reason, Loss::evicted);
    EXPECT_EQ(gaps[0].records[1], this->spool.ledger().dropped[0]);
}

TYPED_TEST(AnySpool, when_full_lower_severity_leaves_first_even_if_newer) {
    commit_one(this->spool, Severity::normal, 100, 1024);
    this->fill(Severity::low);
    for (int i = 0; i < 20; ++i) commit_one(this->spool, Severity::high, 100, 1024);
    EXPECT_EQ(ids_of(this->spool).front(), 1);
    EXPECT_EQ(this->spool.state().waiting[2], 2000U);
    EXPECT_EQ(this->spool.gaps()[0].records[1], 0U);
}

TYPED_TEST(AnySpool, higher_severity_never_leaves_for_lower_which_is_accepted_and_dropped) {
    this->fill(Severity::high);
    std::vector<Batch> low{batch_of(Severity::low, 100, 1024)};
    const Ledger before = this->spool.ledger();
    ASSERT_TRUE(commit(this->spool, low));
    EXPECT_EQ(low[0].id, 0);
    EXPECT_EQ(this->spool.ledger().accepted, before.accepted + 100);
    EXPECT_EQ(this->spool.ledger().dropped[0], before.dropped[0] + 100);
    EXPECT_EQ(this->spool.ledger().spooled, before.spooled);
}

TYPED_TEST(AnySpool, what_is_in_flight_is_not_evicted) {
    commit_one(this->spool, Severity::low, 100, 1024);
    commit_one(this->spool, Severity::low, 100, 1024);
    const std::vector<std::int64_t> in_flight{1};
    for (int i = 0; i < 200; ++i) {
        std::vector<Batch> more{batch_of(Severity::high, 100, 1024)};
        ASSERT_TRUE(commit(this->spool, more, {.in_flight = in_flight}));
    }
    const auto ids = ids_of(this->spool);
    EXPECT_EQ(ids[0], 1);
    EXPECT_GT(ids[1], 2);
}

TYPED_TEST(AnySpool, a_batch_larger_than_the_spool_is_given_up_and_evicts_nothing) {
    commit_one(this->spool, Severity::low, 1);
    std::vector<Batch> huge{batch_of(Severity::high, 9, 1 << 20)};
    ASSERT_TRUE(commit(this->spool, huge));
    EXPECT_EQ(huge[0].id, 0);
    EXPECT_EQ(ids_of(this->spool), std::vector<std::int64_t>{1});
}

TYPED_TEST(AnySpool, of_one_commit_the_important_batch_stays) {
    this->fill(Severity::high);
    std::vector<Batch> both{batch_of(Severity::low, 50, 1024), batch_of(Severity::high, 100, 1024)};
    ASSERT_TRUE(commit(this->spool, both));
    EXPECT_NE(both[1].id, 0);
    EXPECT_EQ(ids_of(this->spool).back(), both[1].id);
}

TYPED_TEST(AnySpool, a_gap_is_forgotten_once_its_record_is_stored) {
    this->fill(Severity::low);
    const auto gaps = this->spool.gaps();
    std::vector<Batch> marker{batch_of(Severity::high, 1)};
    ASSERT_TRUE(commit(this->spool, marker, {.gaps_told = gaps}));
    // What the marker itself pushed out is a new gap.
    const auto left = this->spool.gaps();
    EXPECT_TRUE(left.empty() || left[0].records[0] == 100U);
}

TYPED_TEST(AnySpool, a_gap_stays_when_its_record_gets_no_room) {
    this->fill(Severity::low);
    const auto gaps = this->spool.gaps();
    std::vector<Batch> marker{batch_of(Severity::high, 9, 1 << 20)};
    ASSERT_TRUE(commit(this->spool, marker, {.gaps_told = gaps}));
    ASSERT_EQ(this->spool.gaps().size(), 1U);
    EXPECT_EQ(this->spool.gaps()[0].records, (std::array<std::uint64_t, 3>{gaps[0].records[0], 0, 9}));
}

TYPED_TEST(AnySpool, the_quarantine_keeps_the_newest_and_counts_all) {
    for (int i = 0; i < 100; ++i) {
        const auto id = commit_one(this->spool, Severity::normal, 1);
        settle(this->spool, {{.batch = id, .quarantined = {{Rejection::rejected, "no", std::string(20'000, 'x')}}}});
    }
    EXPECT_EQ(this->spool.ledger().quarantined[0], 100U);
    EXPECT_LT(this->spool.state().quarantine_kept, 27U);   // a sixteenth of 8 MiB
    EXPECT_GT(this->spool.state().quarantine_kept, 20U);
}

TYPED_TEST(AnySpool, room_is_used_again) {
    for (int i = 0; i < 300; ++i) {
        const auto id = commit_one(this->spool, Severity::normal, 100, 1024);
        settle(this->spool, {{.batch = id, .delivered = 100}});
    }
    EXPECT_EQ(this->spool.ledger().delivered, 30'000U);
    EXPECT_LT(this->spool.state().used, 1_MiB);
}

}   // namespace
}   // namespace outrigger::logging
