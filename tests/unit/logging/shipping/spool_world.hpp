// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/logging/shipping/spool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace outrigger::logging {

inline constexpr WallTime spool_noon{std::chrono::hours{12}};

inline Batch batch_of(Severity severity, std::uint32_t records, std::size_t bytes_each = 100) {
    Batch batch{.severity = severity, .records = records, .lines = {}};
    for (std::uint32_t i = 0; i < records; ++i) batch.lines += std::string(bytes_each - 1, 'x') + '\n';
    return batch;
}

// Numbers the batches as a shipper does, and commits them with whatever else there is.
inline Result<void> commit(Spool& spool, std::vector<Batch>& batches, SpoolChange change = {}) {
    std::uint64_t sequence = spool.next_sequence();
    for (Batch& batch : batches) {
        batch.first_sequence = sequence;
        sequence += batch.records;
    }
    change.add = batches;
    if (change.now == WallTime{}) change.now = spool_noon;
    return spool.commit(change);
}

inline std::int64_t commit_one(Spool& spool, Severity severity, std::uint32_t records, std::size_t bytes_each = 100) {
    std::vector<Batch> batches{batch_of(severity, records, bytes_each)};
    EXPECT_TRUE(commit(spool, batches)) << spool.state().fault;
    return batches[0].id;
}

inline void settle(Spool& spool, const std::vector<Fate>& fates) {
    EXPECT_TRUE(spool.commit({.settle = fates, .now = spool_noon})) << spool.state().fault;
}

// Everything that waits, oldest first.
inline std::vector<Batch> all_of(Spool& spool) {
    std::vector<Batch> all;
    for (std::int64_t id = 0;;) {
        auto next = spool.next_after(id);
        EXPECT_TRUE(next);
        if (!next || !*next) return all;
        all.push_back(std::move(**next));
        id = all.back().id;
    }
}

inline std::vector<std::int64_t> ids_of(Spool& spool) {
    std::vector<std::int64_t> ids;
    for (const Batch& batch : all_of(spool)) ids.push_back(batch.id);
    return ids;
}

}   // namespace outrigger::logging
