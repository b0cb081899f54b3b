// SPDX-License-Identifier: Apache-2.0
#include "field_order.hpp"

#include <outrigger/core/utf8.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace outrigger::logging {
namespace {

constexpr std::string_view labels = "labels.";

// In an order in which the names of an object stand together: the dot is the lowest of all bytes. Then a name and what
// lies below it are neighbours too.
bool comes_before(std::string_view left, std::string_view right) noexcept {
    const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    if (r == right.end()) return false;
    if (l == left.end()) return true;
    if (*l == '.' || *r == '.') return *l == '.';
    return static_cast<unsigned char>(*l) < static_cast<unsigned char>(*r);
}

bool comes_before(const FieldOrder::Entry& left, const FieldOrder::Entry& right) noexcept {
    const int left_event = left.traits & Key::of_event;
    const int right_event = right.traits & Key::of_event;
    if (left_event != right_event) return left_event < right_event;
    return comes_before(left.name(), right.name());
}

bool lies_below(std::string_view name, std::string_view object) noexcept {
    return name.size() > object.size() && name[object.size()] == '.' && name.starts_with(object);
}

// The name as it can be written, byte by byte: what is no text, and the sign for it, as %XX, so that different names
// stay different.
template <class Put>
void write_name(std::string_view name, bool odd, Put put) {
    constexpr std::string_view hex = "0123456789abcdef";
    if (!odd) {
        for (const char c : name) put(c);
        return;
    }
    while (!name.empty()) {
        const Utf8Step step = utf8_step(name);
        const auto c = static_cast<unsigned char>(name[0]);
        const bool plain = step.valid && c >= ' ' && c != '"' && c != '\\' && c != '%' && c != 0x7f;
        for (const char byte : name.substr(0, step.length)) {
            if (plain) {
                put(byte);
                continue;
            }
            put('%');
            put(hex[static_cast<unsigned char>(byte) >> 4]);
            put(hex[static_cast<unsigned char>(byte) & 15U]);
        }
        name.remove_prefix(step.length);
    }
}

}   // namespace

void FieldOrder::sort_out() noexcept {
    for (std::size_t i = 0; i < count_;) {
        Entry& entry = entries_[i];
        const bool kept = (entry.traits & Key::labelled) != 0 ? move_to_labels(entry)
                          : (entry.traits & Key::odd) != 0    ? make_writable(entry)
                                                              : true;
        if (kept)
            ++i;
        else
            remove(i);
    }
    do {
        sort();
        drop_repeated();
    } while (move_what_stands_for_an_object());   // ends: each time names_ has less room, or there is an entry less
}

// False: there is no room for another name.
bool FieldOrder::make_writable(Entry& entry) noexcept {
    const std::size_t begin = names_size_;
    bool fits = true;
    write_name(entry.name(), true, [this, &fits](char c) { fits = fits && put(c); });
    rename(entry, begin);
    entry.traits &= static_cast<std::uint8_t>(~Key::odd);
    return fits;
}

// "a.b" becomes "labels.a_b", as ecs-logging wants label names, and so does "labels.a.b".
bool FieldOrder::move_to_labels(Entry& entry) noexcept {
    const std::size_t begin = names_size_;
    const std::string_view name = entry.name().substr(entry.name().starts_with(labels) ? labels.size() : 0);
    bool fits = true;
    for (const char c : labels) fits = fits && put(c);
    write_name(name, (entry.traits & Key::odd) != 0,
               [this, &fits](char c) { fits = fits && put(c == '.' || c == '*' || c == '\\' ? '_' : c); });
    if (name.empty()) fits = fits && put('_');
    rename(entry, begin);
    entry.traits = Key::nested;
    return fits;
}

// To what was put behind `begin`.
void FieldOrder::rename(Entry& entry, std::size_t begin) const noexcept {
    entry.name_begin = names_.data() + begin;
    entry.name_size = static_cast<std::uint32_t>(names_size_ - begin);
}

bool FieldOrder::put(char c) noexcept {
    if (names_size_ == names_.size()) return false;
    names_[names_size_++] = c;
    return true;
}

// By insertion: there are few, and equal names keep their order.
void FieldOrder::sort() noexcept {
    for (std::size_t i = 1; i < count_; ++i) {
        const Entry entry = entries_[i];
        std::size_t to = i;
        for (; to > 0 && comes_before(entry, entries_[to - 1]); --to) entries_[to] = entries_[to - 1];
        entries_[to] = entry;
    }
}

void FieldOrder::drop_repeated() noexcept {
    const auto same_name = [](const Entry& left, const Entry& right) { return left.name() == right.name(); };
    // unique() keeps the first of equals; seen from the end that is the last.
    const auto rest = std::unique(std::make_reverse_iterator(entries_.begin() + static_cast<std::ptrdiff_t>(count_)),
                                  entries_.rend(), same_name);
    const auto begin = rest.base();
    count_ = static_cast<std::size_t>(
        std::move(begin, entries_.begin() + static_cast<std::ptrdiff_t>(count_), entries_.begin()) - entries_.begin());
}

// A plain value whose name is also an object's: "a" beside "a.b".
bool FieldOrder::move_what_stands_for_an_object() noexcept {
    for (std::size_t i = 0; i + 1 < count_; ++i)
        if (lies_below(entries_[i + 1].name(), entries_[i].name())) {
            if (!move_to_labels(entries_[i])) remove(i);
            return true;
        }
    return false;
}

void FieldOrder::remove(std::size_t index) noexcept {
    left_out_ = true;
    const auto at = entries_.begin() + static_cast<std::ptrdiff_t>(index);
    std::move(at + 1, entries_.begin() + static_cast<std::ptrdiff_t>(count_), at);
    --count_;
}

}   // namespace outrigger::logging
