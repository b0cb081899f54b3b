// SPDX-License-Identifier: Apache-2.0
// Chance against a model: whatever is committed, settled, evicted and opened again, the books agree with what is there.
#include <outrigger/core/rng.hpp>
#include <outrigger/logging/shipping/memory_spool.hpp>
#include <outrigger/logging/shipping/sqlite_spool.hpp>
#include "spool_world.hpp"
#include "temporary_directory.hpp"

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

namespace outrigger::logging {
namespace {

// One commit after the other, each checked against what was there before.
class Model {
public:
    Model(Spool& spool, Rng& rng) : spool_{&spool}, rng_{rng} {}

    void opened_again(Spool& spool) {
        spool_ = &spool;
        expect_agreement();
    }

    void step() {
        const std::vector<Gap> told = rng_.below(4) == 0 ? spool_->gaps() : std::vector<Gap>{};
        const std::vector<Fate> fates = random_fates();
        std::vector<std::int64_t> in_flight = random_ids();
        std::sort(in_flight.begin(), in_flight.end());
        std::vector<Batch> add = random_batches(told.empty());
        ASSERT_TRUE(commit(*spool_, add, {.settle = fates, .in_flight = in_flight, .gaps_told = told}));
        for (const Fate& fate : fates) settle(fate);
        for (const Batch& batch : add) take(batch);
        const auto stored = by_id(all_of(*spool_));
        for (const auto& [id, batch] : stored) ASSERT_TRUE(waiting_.contains(id)) << "never stored: " << id;
        for (const auto& [id, batch] : waiting_)
            if (!stored.contains(id)) expect_fair(batch, stored, add, in_flight);
        std::erase_if(waiting_, [&](const auto& entry) {
            if (stored.contains(entry.first)) return false;
            evicted_ += entry.second.records;
            return true;
        });
        expect_agreement();
    }

private:
    using ById = std::map<std::int64_t, Batch>;

    static ById by_id(const std::vector<Batch>& batches) {
        ById all;
        for (const Batch& batch : batches) all[batch.id] = batch;
        return all;
    }
    std::vector<std::int64_t> random_ids() {
        std::vector<std::int64_t> ids;
        for (const auto& [id, batch] : waiting_)
            if (rng_.below(8) == 0 && ids.size() < 3) ids.push_back(id);
        return ids;
    }
    std::vector<Fate> random_fates() {
        std::vector<Fate> fates;
        for (const std::int64_t id : rng_.below(3) == 0 ? random_ids() : std::vector<std::int64_t>{}) {
            Fate fate{.batch = id, .delivered = waiting_[id].records};
            if (rng_.below(3) == 0) {
                --fate.delivered;
                fate.quarantined.push_back({static_cast<Rejection>(rng_.below(4)), "why", std::string(rng_.below(9000), 'q')});
            }
            fates.push_back(fate);
        }
        return fates;
    }
    std::vector<Batch> random_batches(bool may_be_none) {
        std::vector<Batch> batches;
        for (std::uint64_t i = rng_.below(4) + (may_be_none ? 0 : 1); i > 0; --i)
            batches.push_back(batch_of(static_cast<Severity>(rng_.below(3)), 1 + static_cast<std::uint32_t>(rng_.below(40)),
                                       1 + rng_.below(9000)));
        return batches;
    }
    void settle(const Fate& fate) {
        delivered_ += fate.delivered;
        quarantined_ += fate.quarantined.size();
        waiting_.erase(fate.batch);
    }
    void take(const Batch& batch) {
        accepted_ += batch.records;
        if (batch.id != 0)
            waiting_[batch.id] = batch;
        else
            evicted_ += batch.records;
    }
    // Whoever left was the least important and the oldest of those, and nothing more important came of it.
    static void expect_fair(const Batch& gone, const ById& stored, const std::vector<Batch>& add,
                            const std::vector<std::int64_t>& in_flight) {
        const auto is = [](const auto& in, std::int64_t id) { return std::find(in.begin(), in.end(), id) != in.end(); };
        EXPECT_FALSE(is(in_flight, gone.id));
        EXPECT_TRUE(std::any_of(add.begin(), add.end(), [&](const Batch& b) { return b.severity >= gone.severity; }));
        for (const auto& [id, batch] : stored) {
            if (is(in_flight, id) || std::any_of(add.begin(), add.end(), [&](const Batch& b) { return b.id == id; })) continue;
            EXPECT_GE(batch.severity, gone.severity);
            EXPECT_TRUE(batch.severity > gone.severity || id > gone.id) << id;
        }
    }
    void expect_agreement() const {
        const Ledger ledger = spool_->ledger();
        EXPECT_TRUE(ledger.balanced());
        EXPECT_EQ(ledger.accepted, accepted_);
        EXPECT_EQ(ledger.delivered, delivered_);
        EXPECT_EQ(ledger.dropped[0], evicted_);
        EXPECT_EQ(ledger.accepted - ledger.delivered - ledger.dropped[0] - ledger.spooled, quarantined_);
        EXPECT_EQ(spool_->state().batches, waiting_.size());
        EXPECT_LE(spool_->state().used, spool_->state().max);
    }

    Spool* spool_;
    Rng& rng_;
    ById waiting_;
    std::uint64_t accepted_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t evicted_ = 0;
    std::uint64_t quarantined_ = 0;
};

std::uint64_t some_seed() { return static_cast<std::uint64_t>(::testing::UnitTest::GetInstance()->random_seed()); }

TEST(SpoolProperty, a_spool_in_memory_does_as_its_model) {
    SCOPED_TRACE("seed " + std::to_string(some_seed()));
    Rng rng{some_seed()};
    MemorySpool spool{4_MiB};
    Model model{spool, rng};
    for (int i = 0; i < 100 && !::testing::Test::HasFailure(); ++i) model.step();
}

TEST(SpoolProperty, a_spool_on_disk_does_as_its_model_and_after_it_was_opened_again) {
    SCOPED_TRACE("seed " + std::to_string(some_seed()));
    Rng rng{some_seed()};
    const TemporaryDirectory directory;
    const SpoolSettings settings{.dir = directory.spool(), .max = 8_MiB};
    std::optional<SqliteSpool> spool{settings};
    Model model{*spool, rng};
    for (int i = 0; i < 100 && !::testing::Test::HasFailure(); ++i) {
        model.step();
        if (rng.below(10) == 0) model.opened_again(spool.emplace(settings));
    }
}

// ---- kill -9

// Commits until it is killed, and says each time up to which sequence number.
[[noreturn]] void commit_for_ever(const SpoolSettings& settings, int acknowledge) {
    SqliteSpool spool{settings};
    for (std::uint32_t i = 0;; ++i) {
        const std::int64_t id = commit_one(spool, static_cast<Severity>(i % 3), 1 + i % 7, 1'000);
        const std::uint64_t accepted = spool.ledger().accepted;
        if (id == 0 || ::write(acknowledge, &accepted, sizeof accepted) < 0) ::_exit(1);
    }
}

// The last of so many acknowledgements of a process that is killed then, somewhere in its next commit.
std::uint64_t killed_after(std::uint64_t acknowledgements, const SpoolSettings& settings) {
    int ends[2];
    if (::pipe(ends) != 0) return 0;
    const pid_t child = ::fork();
    if (child == 0) commit_for_ever(settings, ends[1]);
    ::close(ends[1]);
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < acknowledgements; ++i)
        if (::read(ends[0], &last, sizeof last) <= 0) break;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    // What it had said before it was gone.
    while (::read(ends[0], &last, sizeof last) > 0) {}
    ::close(ends[0]);
    return last;
}

TEST(SpoolProperty, what_was_acknowledged_outlives_kill_9) {
    SCOPED_TRACE("seed " + std::to_string(some_seed()));
    Rng rng{some_seed()};
    const TemporaryDirectory directory;
    const SpoolSettings settings{.dir = directory.spool(), .max = 64_MiB};
    for (int round = 0; round < 25; ++round) {
        const std::uint64_t acknowledged = killed_after(1 + rng.below(20), settings);
        ASSERT_GT(acknowledged, 0U);
        SqliteSpool spool{settings};
        EXPECT_TRUE(spool.ledger().balanced());
        EXPECT_GE(spool.ledger().accepted, acknowledged);
        std::uint64_t next = 1;
        for (const Batch& batch : all_of(spool)) {
            ASSERT_EQ(batch.first_sequence, next);
            next += batch.records;
        }
        EXPECT_EQ(next, spool.next_sequence());
    }
}

}   // namespace
}   // namespace outrigger::logging
