// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/books.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace outrigger::logging {
namespace {

std::size_t index(Severity severity) noexcept { return static_cast<std::size_t>(severity); }
std::size_t index(Loss reason) noexcept { return static_cast<std::size_t>(reason); }
std::size_t index(Rejection reason) noexcept { return static_cast<std::size_t>(reason); }

}   // namespace

Books::Books() noexcept {
    for (std::size_t i = 0; i < loss_words.size(); ++i) contents_.gaps[i].reason = static_cast<Loss>(i);
}

Books::Books(const Contents& contents) noexcept : contents_{contents} {
    for (std::size_t i = 0; i < loss_words.size(); ++i) contents_.gaps[i].reason = static_cast<Loss>(i);
    Ledger& books = contents_.ledger;
    books.spooled = total(contents_.waiting);
    const std::uint64_t known = books.delivered + total(books.quarantined) + total(books.dropped) + books.spooled;
    if (known < books.accepted) books.dropped[index(Loss::corrupt)] += books.accepted - known;
    books.accepted = std::max(books.accepted, known);
}

void Books::accept(Severity severity, std::uint32_t records) noexcept {
    contents_.ledger.accepted += records;
    contents_.ledger.spooled += records;
    contents_.waiting[index(severity)] += records;
    ++contents_.batches;
}

void Books::settle(Severity severity, std::uint32_t records, std::span<const Quarantined> quarantined) noexcept {
    std::uint64_t left = leave(severity, records);
    for (const Quarantined& record : quarantined.first(std::min<std::size_t>(left, quarantined.size()))) {
        ++contents_.ledger.quarantined[index(record.reason)];
        --left;
    }
    contents_.ledger.delivered += left;
    close_if_empty();
}

void Books::lose(Loss reason, Severity severity, std::uint32_t records, WallTime accepted) noexcept {
    write_off(reason, severity, leave(severity, records), accepted);
    close_if_empty();
}

void Books::tell(std::span<const Gap> told) noexcept {
    for (const Gap& gap : told) {
        Gap& open = contents_.gaps[index(gap.reason)];
        for (std::size_t i = 0; i < severity_count; ++i) open.records[i] -= std::min(open.records[i], gap.records[i]);
        if (total(open.records) == 0) open = {.reason = gap.reason};
    }
}

void Books::recount(const std::array<std::uint64_t, severity_count>& waiting, std::uint64_t batches,
                    WallTime now) noexcept {
    contents_.batches = batches;
    for (std::size_t i = 0; i < severity_count; ++i) {
        std::uint64_t& counted = contents_.waiting[i];
        if (waiting[i] > counted) contents_.ledger.accepted += waiting[i] - counted;
        const std::uint64_t missing = counted - std::min(counted, waiting[i]);
        counted = waiting[i];
        contents_.ledger.spooled = total(contents_.waiting);
        write_off(Loss::corrupt, static_cast<Severity>(i), missing, now);
    }
}

void Books::take_back(std::span<const Gap> told) noexcept {
    for (const Gap& gap : told) {
        Gap& open = contents_.gaps[index(gap.reason)];
        const bool empty = total(open.records) == 0;
        open.first = empty ? gap.first : std::min(open.first, gap.first);
        open.last = empty ? gap.last : std::max(open.last, gap.last);
        for (std::size_t i = 0; i < severity_count; ++i) open.records[i] += gap.records[i];
    }
}

std::vector<Gap> Books::gaps() const {
    std::vector<Gap> open;
    for (const Gap& gap : contents_.gaps)
        if (total(gap.records) != 0) open.push_back(gap);
    return open;
}

// Takes them out of what waits: as many as can be.
std::uint64_t Books::leave(Severity severity, std::uint32_t records) noexcept {
    std::uint64_t& waiting = contents_.waiting[index(severity)];
    const std::uint64_t leaving = std::min<std::uint64_t>(waiting, records);
    waiting -= leaving;
    contents_.ledger.spooled -= leaving;
    if (contents_.batches != 0) --contents_.batches;
    return leaving;
}

void Books::write_off(Loss reason, Severity severity, std::uint64_t records, WallTime at) noexcept {
    if (records == 0) return;
    contents_.ledger.dropped[index(reason)] += records;
    Gap lost{.reason = reason, .first = at, .last = at};
    lost.records[index(severity)] = records;
    take_back({&lost, 1});
}

// A damaged row may have said too few records when it left: without any batch nothing waits.
void Books::close_if_empty() noexcept {
    if (contents_.batches != 0 || contents_.ledger.spooled == 0) return;
    const Gap& corrupt = contents_.gaps[index(Loss::corrupt)];
    recount({}, 0, corrupt.last);
}

std::string random_identity(Rng rng) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
    std::string identity;
    for (int i = 0; i < 16; ++i) identity += letters[rng.below(letters.size())];
    return identity;
}

}   // namespace outrigger::logging
