// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <outrigger/logging/field.hpp>
#include <outrigger/logging/redaction.hpp>

namespace outrigger::logging {

// The fields of one record on their way into JSON: names that are in no object's way, each once, those of one object
// next to each other, and those of `event` at the end. What it is given must outlive it. Allocates nothing.
class FieldOrder {
public:
    static constexpr std::size_t most = 64;   // fields of a record; later ones are left out, and so is what is below

    struct Entry {   // no initialisers: the array costs nothing before it is filled
        std::string_view name() const noexcept { return {name_begin, name_size}; }

        const char* name_begin;
        std::uint32_t name_size;
        std::uint32_t first_step;
        const Field* field;
        std::uint8_t traits;
        bool redacted;
    };

    explicit FieldOrder(const Redaction& redaction) noexcept : redaction_{redaction} {}
    FieldOrder(const FieldOrder&) = delete;
    FieldOrder& operator=(const FieldOrder&) = delete;

    // Of two with one name the later one is written.
    void add(const Field& field) noexcept {
        if (count_ == most) {
            left_out_ = true;
            return;
        }
        const Key& key = field.key();
        all_ |= key.traits();
        entries_[count_++] = {.name_begin = key.text().data(),
                              .name_size = static_cast<std::uint32_t>(key.text().size()),
                              .first_step = key.first_step(),
                              .field = &field,
                              .traits = key.traits(),
                              .redacted = !redaction_.empty() && secret(key.text())};
    }

    // As add(), but of two with one name the other one is written.
    void add_before(const Field& field) noexcept {
        add(field);
        std::rotate(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count_) - 1,
                    entries_.begin() + static_cast<std::ptrdiff_t>(count_));
    }
    // Whether a name begins with the same step as the key.
    [[nodiscard]] bool begins_with_step_of(const Key& key) const noexcept {
        return std::any_of(entries().begin(), entries().end(),
                           [&key](const Entry& entry) { return entry.first_step == key.first_step(); });
    }

    // After the last add(), once.
    void arrange() noexcept {
        if ((all_ & (Key::odd | Key::labelled | Key::of_event)) != 0 || objects_meet()) sort_out();
    }

    [[nodiscard]] std::span<const Entry> entries() const noexcept { return {entries_.data(), count_}; }
    [[nodiscard]] bool left_out() const noexcept { return left_out_; }

private:
    // Whether two names begin with the same step: then they share an object, or are the same.
    [[nodiscard]] bool objects_meet() const noexcept {
        for (std::size_t i = 1; i < count_; ++i)
            for (std::size_t k = 0; k < i; ++k)
                if (entries_[i].first_step == entries_[k].first_step) return true;
        return false;
    }
    // A name that may have been cut could have ended in anything.
    [[nodiscard]] bool secret(std::string_view name) const noexcept {
        return name.size() == Key::longest || redaction_.matches(name);
    }
    void sort_out() noexcept;
    [[nodiscard]] bool make_writable(Entry& entry) noexcept;
    [[nodiscard]] bool move_to_labels(Entry& entry) noexcept;
    void rename(Entry& entry, std::size_t begin) const noexcept;
    [[nodiscard]] bool put(char c) noexcept;
    void sort() noexcept;
    void drop_repeated() noexcept;
    [[nodiscard]] bool move_what_stands_for_an_object() noexcept;
    void remove(std::size_t index) noexcept;

    const Redaction& redaction_;
    std::array<Entry, most> entries_;
    std::size_t count_ = 0;
    std::uint8_t all_ = 0;      // traits of any of them
    bool left_out_ = false;
    std::array<char, 2048> names_;   // those that were changed
    std::size_t names_size_ = 0;
};

}   // namespace outrigger::logging
