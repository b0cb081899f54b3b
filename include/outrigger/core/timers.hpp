// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <outrigger/core/clock.hpp>

namespace outrigger {

// Something that happens at an instant. Owned by whoever waits; linked into Timers while armed. Must be forgotten
// before it is destroyed.
class TimerEntry {
public:
    explicit TimerEntry(void (*fire)(TimerEntry&) noexcept) noexcept : fire_{fire} {}
    TimerEntry(const TimerEntry&) = delete;
    TimerEntry& operator=(const TimerEntry&) = delete;

private:
    friend class Timers;
    static constexpr std::size_t unlinked = static_cast<std::size_t>(-1);
    void (*fire_)(TimerEntry&) noexcept;
    Instant due_ = never;    // when it shall fire; `never`: disarmed
    Instant key_ = never;    // where it stands in the heap: at or before due_
    std::size_t place_ = unlinked;
};

// A binary heap of entries, lazily re-armed: moving a deadline back, or disarming it, only writes one word; the entry
// is looked at again when its old place comes up. So a connection's idle timer, moved on every read, costs next to
// nothing. Equal instants fire in no particular order. Not thread-safe; belongs to a Scheduler.
class Timers {
public:
    void arm(TimerEntry& entry, Instant due) {
        entry.due_ = due;
        if (entry.place_ == TimerEntry::unlinked) {
            if (due == never) return;
            entry.key_ = due;
            entry.place_ = heap_.size();
            heap_.push_back(&entry);
            rise(entry.place_);
        } else if (due < entry.key_) {
            entry.key_ = due;
            rise(entry.place_);
        }
    }
    void disarm(TimerEntry& entry) noexcept { entry.due_ = never; }
    // Disarms and unlinks: before the entry is destroyed.
    void forget(TimerEntry& entry) noexcept {
        entry.due_ = never;
        if (entry.place_ != TimerEntry::unlinked) unlink(entry);
    }

    // The instant before which nothing can fire; never: nothing is armed. It may be early (see above), never late.
    [[nodiscard]] Instant next() const noexcept { return heap_.empty() ? never : heap_.front()->key_; }

    // Fires all that are due. What they arm anew for `now` or earlier fires in this call too.
    void fire_until(Instant now) {
        while (!heap_.empty() && heap_.front()->key_ <= now) {
            TimerEntry& first = *heap_.front();
            if (first.due_ > now) {
                settle(first);
                continue;
            }
            unlink(first);
            first.due_ = never;
            first.fire_(first);
        }
    }

private:
    // Moves an entry whose deadline was moved to where it belongs.
    void settle(TimerEntry& entry) noexcept {
        if (entry.due_ == never) return unlink(entry);
        entry.key_ = entry.due_;
        sink(entry.place_);
    }
    void unlink(TimerEntry& entry) noexcept {
        const std::size_t hole = entry.place_;
        entry.place_ = TimerEntry::unlinked;
        TimerEntry* last = heap_.back();
        heap_.pop_back();
        if (last == &entry) return;
        put(hole, *last);
        rise(hole);
        sink(last->place_);
    }
    void put(std::size_t place, TimerEntry& entry) noexcept {
        heap_[place] = &entry;
        entry.place_ = place;
    }
    void rise(std::size_t place) noexcept {
        TimerEntry& entry = *heap_[place];
        while (place > 0) {
            const std::size_t parent = (place - 1) / 2;
            if (heap_[parent]->key_ <= entry.key_) break;
            put(place, *heap_[parent]);
            place = parent;
        }
        put(place, entry);
    }
    void sink(std::size_t place) noexcept {
        TimerEntry& entry = *heap_[place];
        for (;;) {
            std::size_t child = 2 * place + 1;
            if (child >= heap_.size()) break;
            if (child + 1 < heap_.size() && heap_[child + 1]->key_ < heap_[child]->key_) ++child;
            if (entry.key_ <= heap_[child]->key_) break;
            put(place, *heap_[child]);
            place = child;
        }
        put(place, entry);
    }

    std::vector<TimerEntry*> heap_;
};

}  // namespace outrigger
