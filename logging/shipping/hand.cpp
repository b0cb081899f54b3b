// SPDX-License-Identifier: Apache-2.0
#include "hand.hpp"

#include <algorithm>
#include <utility>

#include "event_id.hpp"
#include "sender.hpp"

namespace outrigger::logging {

void Hand::number_from(std::uint64_t sequence) {
    for (Batch& batch : batches_) {
        if (batch.first_sequence != sequence) renumber(batch.lines, identity_, sequence);
        batch.first_sequence = sequence;
        sequence += batch.records;
    }
    next_sequence_ = sequence;
}

// Lines that together are more than a batch are spread over several.
void Hand::add(Severity severity, std::uint32_t records, std::string_view lines, bool own_ids) {
    const std::uint64_t ids = own_ids ? 0 : event_id_size + 8;   // and what stands around each
    while (records > 0) {
        const std::uint64_t each = std::max<std::uint64_t>(lines.size() / records + ids, 1);
        auto some = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(batch_ / each, 1, records));
        std::size_t end = some == records ? lines.size() : end_of_lines(lines, some);
        while (some > 1 && end + some * ids > batch_) {   // they are longer than those behind them
            some = (some + 1) / 2;
            end = end_of_lines(lines, some);
        }
        append(severity, some, lines.substr(0, end), own_ids);
        lines.remove_prefix(end);
        records -= some;
    }
}

void Hand::append(Severity severity, std::uint32_t records, std::string_view lines, bool own_ids) {
    Batch& batch = open(severity, lines.size() + (own_ids ? 0 : records * (event_id_size + 8)));
    if (own_ids)
        batch.lines += lines;
    else
        append_with_ids(batch.lines, lines, identity_, next_sequence_);
    batch.records += records;
    next_sequence_ += records;
}

Batch& Hand::open(Severity severity, std::size_t bytes) {
    const bool goes_on = batches_.size() > kept_ && batches_.back().severity == severity &&
                         batches_.back().lines.size() + bytes <= batch_;
    if (!goes_on) {
        batches_.push_back({.severity = severity, .first_sequence = next_sequence_, .lines = {}});
    }
    return batches_.back();
}

std::span<Batch> Hand::offered() noexcept { return std::span{batches_}.first(std::min(part_, batches_.size())); }

void Hand::refused() {
    for (; batches_.size() > kept_; batches_.pop_back()) next_sequence_ -= batches_.back().records;
    if (batches_.empty()) return;
    if (part_ == 1 || batches_.size() == 1) {
        if (batches_.front().records > 1)
            halve_first();
        else if (others_may_fit())
            std::rotate(batches_.begin(), batches_.begin() + 1, batches_.end());
    }
    part_ = 1;
}

// Where the first, a single record, found no room.
bool Hand::others_may_fit() const noexcept {
    const Batch& first = batches_.front();
    return std::any_of(batches_.begin() + 1, batches_.end(), [&first](const Batch& other) {
        return other.severity > first.severity || other.lines.size() / other.records < first.lines.size() / 2;
    });
}

void Hand::halve_first() {
    Batch& first = batches_.front();
    Batch second{.severity = first.severity, .records = first.records - first.records / 2, .lines = {}};
    first.records /= 2;
    second.first_sequence = first.first_sequence + first.records;
    const std::size_t end = end_of_lines(first.lines, first.records);
    second.lines = first.lines.substr(end);
    first.lines.resize(end);
    batches_.insert(batches_.begin() + 1, std::move(second));
    ++kept_;
}

std::uint64_t Hand::records() const noexcept {
    std::uint64_t all = 0;
    for (const Batch& batch : batches_) all += batch.records;
    return all;
}

void Hand::committed() {
    batches_.erase(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(offered().size()));
    kept_ = batches_.size();
    part_ = batches_.empty() ? whole : 2 * part_;
}

}   // namespace outrigger::logging
