// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/http1/char_class.hpp"
#include "sidecar/http1/known_name.hpp"
#include "sidecar/http1/message.hpp"
#include "sidecar/http1/refusals.hpp"

#include <cstdint>
#include <limits>
#include <string_view>

// What Content-Length, Transfer-Encoding and Connection say together. Private to the codec.
namespace outrigger::http1 {

// Calls `take(element)` for each element of a comma-separated list, blanks around it removed, empty ones
// included; stops at the first refusal.
template <class Take>
[[nodiscard]] Refusal for_each_element(std::string_view list, Take take) noexcept {
    for (;;) {
        const std::size_t comma = list.find(',');
        if (const Refusal refusal = take(without_blanks(list.substr(0, comma)))) return refusal;
        if (comma == std::string_view::npos) return nullptr;
        list.remove_prefix(comma + 1);
    }
}

class BodyFraming {
public:
    [[nodiscard]] Refusal content_length(std::string_view value) noexcept {
        // The cap is what a signed 64-bit counter of any peer can hold; 19 digits are below 2^64.
        constexpr std::size_t digits_max = 19;
        constexpr auto length_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (has_length_) return &refusals::length_repeated;
        if (value.empty()) return &refusals::length_empty;
        if (!all_are(value, char_class::digit))
            return value.find(',') == std::string_view::npos ? &refusals::length_not_digits
                                                             : &refusals::length_list;
        if (value.size() > digits_max) return &refusals::length_too_large;
        for (const char byte : value) length_ = length_ * 10 + static_cast<std::uint64_t>(byte - '0');
        has_length_ = true;
        return length_ > length_max ? &refusals::length_too_large : nullptr;
    }

    [[nodiscard]] Refusal transfer_encoding(std::string_view value) noexcept {
        return for_each_element(value, [this](std::string_view element) { return coding(element); });
    }

    // To be asked after the last field.
    [[nodiscard]] Refusal conflict(Version version) const noexcept {
        if (last_ == Coding::none) return nullptr;
        if (has_length_) return &refusals::length_and_coding;
        if (version == Version::http10) return &refusals::coding_in_http10;
        if (last_ != Coding::chunked) return &refusals::coding_not_last;
        return unknown_ ? &refusals::coding_unknown : nullptr;
    }

    // What the fields say; `otherwise` where they say nothing.
    [[nodiscard]] BodyPlan plan(Framing otherwise) const noexcept {
        if (last_ == Coding::chunked) return {Framing::chunked, 0};
        if (has_length_) return {Framing::length, length_};
        return {otherwise, 0};
    }

private:
    enum class Coding : std::uint8_t { none, chunked, other };

    [[nodiscard]] Refusal coding(std::string_view element) noexcept {
        static constexpr KnownName chunked = "chunked";
        std::size_t name_size = 0;
        while (name_size < element.size() && is(element[name_size], char_class::token)) ++name_size;
        const std::string_view parameters = without_blanks(element.substr(name_size));
        if (name_size == 0 || (!parameters.empty() && parameters.front() != ';'))
            return &refusals::coding_malformed;
        const bool is_chunked = chunked.is(element.substr(0, name_size));
        if (is_chunked && !parameters.empty()) return &refusals::coding_parameter;
        if (last_ == Coding::chunked)
            return is_chunked ? &refusals::coding_chunked_twice : &refusals::coding_not_last;
        last_ = is_chunked ? Coding::chunked : Coding::other;
        unknown_ = unknown_ || !is_chunked;
        return nullptr;
    }

    std::uint64_t length_ = 0;
    bool has_length_ = false;
    bool unknown_ = false;
    Coding last_ = Coding::none;
};

class ConnectionOptions {
public:
    [[nodiscard]] Refusal add(std::string_view value) noexcept {
        if (take(value)) return nullptr;  // mostly there is one option
        return for_each_element(value, [this](std::string_view option) -> Refusal {
            if (++count_ > options_max) return &refusals::too_many_options;
            if (!take(option) && !option.empty() && !hop_by_hop.contains(known_name(option))) others_ = true;
            return nullptr;
        });
    }
    [[nodiscard]] bool keeps_alive(Version version) const noexcept {
        return !close_ && (keep_alive_ || version == Version::http11);
    }
    [[nodiscard]] bool names_upgrade() const noexcept { return upgrade_; }
    [[nodiscard]] Fields::Connection names() const noexcept {
        return others_ ? Fields::Connection::names_others : Fields::Connection::plain;
    }

private:
    // True when it is one of the three that mean something here.
    [[nodiscard]] bool take(std::string_view option) noexcept {
        static constexpr KnownName close = "close";
        static constexpr KnownName keep_alive = "keep-alive";
        static constexpr KnownName upgrade = "upgrade";
        if (keep_alive.is(option)) return keep_alive_ = true;
        if (close.is(option)) return close_ = true;
        return upgrade.is(option) && (upgrade_ = true);
    }

    // Every field is compared with every option: a head full of them would hold its loop for long.
    static constexpr int options_max = 64;

    int count_ = 0;
    bool close_ = false;
    bool keep_alive_ = false;
    bool upgrade_ = false;
    bool others_ = false;
};

}  // namespace outrigger::http1
