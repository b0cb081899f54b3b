// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <outrigger/core/text_format.hpp>
#include <outrigger/core/units_text.hpp>

// A setting is said once. A settings struct is a plain aggregate whose member initialisers are the defaults,
// and has
//
//     template <class Self, class Visitor>
//     static constexpr void describe(Self& self, Visitor& field) {
//         field("open_for", self.open_for, "How long an open circuit rests.", between(10ms, 10min));
//     }
//
// Self is the struct, const or not. Visitors (parser, printer, schema, reference page, validate() in
// validate.hpp) call outrigger::describe(value, visitor). This header knows neither YAML nor JSON nor files.
//
// What a member may be:
//   - a scalar: whatever has a TextFormat (bool, integers, std::string, Duration, Bytes, Ratio, Rate, an enum
//     with words_of(), or a type of your own that says how it is written);
//   - another described struct; with `static constexpr std::string_view short_form = "key";` a lone scalar may
//     stand in its place and sets that key;
//   - std::optional of any of these: off, or unset, until it is written;
//   - std::vector of any of these;
//   - NamedMap: entries whose names the user chooses, in the user's order;
//   - std::variant of scalars and described structs: alternative forms, the first one that fits is taken.
// Instead of a name a field may carry one of two tags:
//   - `entries`: every key that is no other field of this struct is an entry of this NamedMap;
//   - `choice`: exactly one alternative of this std::variant of described structs; its keys stand beside the
//     others of this struct, and its first key says which alternative it is: {redis: "...", every: 5s}.
//
// Rules between fields: `Contradictions contradictions() const` on the struct.
//
// Everything here is stateless and may be used from any thread.
namespace outrigger {

// ---- options of a field ---------------------------------------------------------------------------------

template <class Low, class High>
struct Between {
    Low low;
    High high;
};
template <class Low>
struct AtLeast {
    Low low;
};
template <class High>
struct AtMost {
    High high;
};
// The limits are part of the range.
template <class Low, class High>
[[nodiscard]] constexpr Between<Low, High> between(Low low, High high) {
    return {low, high};
}
template <class Low>
[[nodiscard]] constexpr AtLeast<Low> at_least(Low low) {
    return {low};
}
template <class High>
[[nodiscard]] constexpr AtMost<High> at_most(High high) {
    return {high};
}

struct Required {};       // there is no default: it must be written
struct NotEmpty {};       // the text, list or map must hold something
struct Secret {};         // never printed
struct NeedsRestart {};   // a reload cannot change it
inline constexpr Required required{};
inline constexpr NotEmpty not_empty{};
inline constexpr Secret secret{};
inline constexpr NeedsRestart needs_restart{};

struct Always {
    constexpr bool operator()(const auto&) const noexcept { return true; }
};
// Declared, checked and documented, but it does nothing yet: whoever runs the settings refuses it when it is
// written.
template <class When>
struct NotBuilt {
    std::string_view what;   // what is missing
    When when;               // for which values
};
[[nodiscard]] constexpr NotBuilt<Always> not_built(std::string_view what) { return {what, {}}; }
template <class When>
[[nodiscard]] constexpr NotBuilt<When> not_built(std::string_view what, When when) {
    return {what, when};
}

// The value that a written field, or each entry of a list or map, starts from. For defaults that depend on
// settings described before it: what is not written keeps this value.
template <class Make>
struct StartingAs {
    Make make;
};
template <class Make>
[[nodiscard]] constexpr StartingAs<Make> starting_as(Make make) {
    return {make};
}

struct Entries {};
struct Choice {};
inline constexpr Entries entries{};
inline constexpr Choice choice{};

// ---- named entries --------------------------------------------------------------------------------------

template <class T>
struct Named {
    std::string name;
    T value;
    friend bool operator==(const Named&, const Named&) = default;
};

// name -> T in the order of the file. Names are unique: whoever adds has looked (or refuses duplicates
// itself). Look-up is linear; it is for settings, not for the data path.
template <class T>
class NamedMap {
public:
    using Entry = Named<T>;

    T& add(std::string name, T value) {
        return entries_.emplace_back(Entry{std::move(name), std::move(value)}).value;
    }
    [[nodiscard]] const T* find(std::string_view name) const noexcept {
        for (const Entry& entry : entries_)
            if (entry.name == name) return &entry.value;
        return nullptr;
    }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
    [[nodiscard]] auto end() const noexcept { return entries_.end(); }
    void clear() noexcept { entries_.clear(); }
    friend bool operator==(const NamedMap&, const NamedMap&) = default;

private:
    std::vector<Entry> entries_;
};

// Names end up in metric labels, paths and URLs: 1 to 63 letters, digits, `_` and `-`, not beginning with a
// sign.
inline constexpr std::string_view entry_name_pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$";
[[nodiscard]] constexpr bool is_entry_name(std::string_view name) noexcept {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && name.size() <= 63 && plain(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '_' || c == '-'; });
}

// ---- rules between fields -------------------------------------------------------------------------------

struct Contradiction {
    std::string key;    // which key is wrong, relative to the struct: "backoff.first", "routes[2].timeout"
    std::string text;   // what was found and what is allowed
    std::string
        with;   // the key it disagrees with, where there is one: if either is bad in itself, this is not said
    friend bool operator==(const Contradiction&, const Contradiction&) = default;
};
using Contradictions = std::vector<Contradiction>;

template <class T>
concept HasContradictions = requires(const T& value) {
    { value.contradictions() } -> std::same_as<Contradictions>;
};

// ---- what visitors ask ----------------------------------------------------------------------------------

namespace detail {
struct AnyField {
    template <class... Arguments>
    constexpr void operator()(Arguments&&...) const noexcept {}
};
template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <class... Arguments, template <class...> class Template>
inline constexpr bool is_a<Template<Arguments...>, Template> = true;
}   // namespace detail

template <class T>
concept Described = requires(T& value, detail::AnyField& field) {
    T::describe(value, field);
};
template <class T>
concept HasShortForm = Described<T> && requires {
    { T::short_form } -> std::convertible_to<std::string_view>;
};
template <class T>
concept IsOptional = detail::is_a<T, std::optional>;
template <class T>
concept IsList = detail::is_a<T, std::vector>;
template <class T>
concept IsNamedMap = detail::is_a<T, NamedMap>;
template <class T>
concept IsVariant = detail::is_a<T, std::variant>;

template <class T, class Visitor>
constexpr void describe(T& value, Visitor&& visitor) {
    std::remove_const_t<T>::describe(value, visitor);
}

// Does the field carry this option? has_option<Secret, Options...>
template <class Option, class... Options>
inline constexpr bool has_option = (std::same_as<Option, Options> || ...);

template <class T>
struct Limits {
    std::optional<T> low, high;
    [[nodiscard]] constexpr bool allow(const T& value) const {
        if constexpr (std::totally_ordered<T>) return (!low || *low <= value) && (!high || value <= *high);
        return true;
    }
};

namespace detail {
template <class T, class Option>
constexpr void start_with(T&, const Option&) {}
template <class T, class Make>
requires std::same_as<std::invoke_result_t<const Make&>, T>
constexpr void start_with(T& value, const StartingAs<Make>& option) { value = option.make(); }
}   // namespace detail

// Sets the value to what a starting_as among the options says, if there is one for this type.
template <class T, class... Options>
constexpr void start(T& value, const Options&... options) {
    (detail::start_with(value, options), ...);
}

namespace detail {
template <class T>
struct LimitsReader {
    Limits<T> limits;
    template <class Low, class High>
    constexpr void take(const Between<Low, High>& range) {
        take(AtLeast<Low>{range.low});
        take(AtMost<High>{range.high});
    }
    template <class Low>
    constexpr void take(const AtLeast<Low>& bound) {
        if constexpr (std::is_convertible_v<Low, T>) limits.low = static_cast<T>(bound.low);
    }
    template <class High>
    constexpr void take(const AtMost<High>& bound) {
        if constexpr (std::is_convertible_v<High, T>) limits.high = static_cast<T>(bound.high);
    }
    constexpr void take(const auto&) {}
};
}   // namespace detail

// The range of a field whose value, or one of whose alternative forms, is a T. Limits of another type do not
// apply.
template <class T, class... Options>
[[nodiscard]] constexpr Limits<T> limits_of(const Options&... options) {
    if constexpr (std::totally_ordered<T> && !std::same_as<T, bool>) {
        detail::LimitsReader<T> reader;
        (reader.take(options), ...);
        return reader.limits;
    } else {
        return {};
    }
}

// ---- ranges in words ------------------------------------------------------------------------------------

// "from 1ms to 1h", "of at least 1", "of at most 10", or nothing.
template <class T>
[[nodiscard]] std::string to_string(const Limits<T>& limits) {
    const auto text = [](const std::optional<T>& limit) { return TextFormat<T>::print(*limit); };
    if (limits.low && limits.high) return "from " + text(limits.low) + " to " + text(limits.high);
    if (limits.low) return "of at least " + text(limits.low);
    if (limits.high) return "of at most " + text(limits.high);
    return {};
}

// What to write for a T, for messages and documents: "a duration such as 250ms, 2s or 5m", "a whole number
// from 1 to 10".
template <Textual T>
[[nodiscard]] std::string expectation(const Limits<T>& limits) {
    const std::string range = to_string(limits);
    std::string text = TextFormat<T>::noun();
    const std::string example = TextFormat<T>::example();
    if (!range.empty()) return text + ' ' + range;
    return example.empty() ? text : text + " such as " + example;
}

// ---- a check of descriptions, while compiling -----------------------------------------------------------

namespace detail {
template <class T>
struct ScalarOf : std::type_identity<T> {};
template <class T>
struct ScalarOf<std::optional<T>> : ScalarOf<T> {};
template <class T>
struct ScalarOf<std::vector<T>> : ScalarOf<T> {};
template <class T>
struct ScalarOf<NamedMap<T>> : ScalarOf<T> {};

template <class T, class Option>
inline constexpr bool limit_fits = true;   // it is no limit
template <class T, class Low, class High>
inline constexpr bool limit_fits<T, Between<Low, High>> =
    std::is_convertible_v<Low, T>&& std::is_convertible_v<High, T>;
template <class T, class Low>
inline constexpr bool limit_fits<T, AtLeast<Low>> = std::is_convertible_v<Low, T>;
template <class T, class High>
inline constexpr bool limit_fits<T, AtMost<High>> = std::is_convertible_v<High, T>;

// Of alternative forms one is enough.
template <class... Forms, class Option>
consteval bool option_fits(std::type_identity<std::variant<Forms...>>, std::type_identity<Option>) {
    return (limit_fits<Forms, Option> || ...);
}
template <class T, class Option>
consteval bool option_fits(std::type_identity<T>, std::type_identity<Option>) {
    return limit_fits<T, Option>;
}
}   // namespace detail

// Does every limit among the options have the type of the field? One that has not would be without effect.
template <class T, class... Options>
inline constexpr bool options_fit =
    (detail::option_fits(std::type_identity<typename detail::ScalarOf<T>::type>{},
                         std::type_identity<Options>{}) &&
     ...);

}   // namespace outrigger
