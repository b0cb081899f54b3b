// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/units.hpp>
#include <outrigger/logging/shipping/spool.hpp>

namespace outrigger::logging {

// What is to be committed next: batches in the making, of one severity each, their records numbered and given their
// event.ids. The shipping thread's. Its first part may have been offered to the spool before, and was refused; the
// rest is optional: it is given back if the spool refuses it. What was refused is offered in smaller parts: a disk that
// has no room for all of it may have some for the first. A record that is refused alone goes behind the others, if there
// are smaller ones or such that matter more.
class Hand {
public:
    // Batches hold so much, or one record that is longer.
    Hand(Bytes batch, std::string identity) : batch_{batch.count()}, identity_{std::move(identity)} {}

    // Says what the first record's number is to be: the spool may have counted on since they were numbered.
    void number_from(std::uint64_t sequence);

    void add(Severity severity, std::uint32_t records, std::string_view lines, bool own_ids);
    // All that was added so far is kept when the spool refuses.
    void keep() noexcept { kept_ = batches_.size(); }

    // What the spool is to have next: all, or so much of what was refused before.
    [[nodiscard]] std::span<Batch> offered() noexcept;
    [[nodiscard]] bool in_parts() const noexcept { return part_ != whole; }
    void refused();
    void committed();

    [[nodiscard]] bool empty() const noexcept { return batches_.empty(); }
    [[nodiscard]] std::uint64_t records() const noexcept;
    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return next_sequence_; }   // of what is added next

private:
    static constexpr std::size_t whole = std::numeric_limits<std::size_t>::max();

    [[nodiscard]] bool others_may_fit() const noexcept;
    void halve_first();
    [[nodiscard]] Batch& open(Severity severity, std::size_t bytes);
    void append(Severity severity, std::uint32_t records, std::string_view lines, bool own_ids);

    std::uint64_t batch_;
    std::string identity_;
    std::vector<Batch> batches_;
    std::size_t kept_ = 0;
    std::size_t part_ = whole;   // batches
    std::uint64_t next_sequence_ = 1;
};

}   // namespace outrigger::logging
