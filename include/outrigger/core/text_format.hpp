// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

// How a value is written as one scalar, in settings, on the command line and in messages. Nothing here
// depends on the locale; any thread may call it. The formats of quantities are in units_text.hpp.
namespace outrigger {

// Which kinds of literal a file format such as YAML or JSON may use for the value.
enum class Notation : std::uint8_t {
    text,              // a string
    boolean,           // true, false
    integer,           // 42
    text_or_integer,   // "64KiB" or 65536
    text_or_number,    // "20%" or 0.2
};

// How a T is written. Specialise it for a type that stands as one scalar in settings:
//   static std::optional<T> parse(std::string_view);   nothing if the text as a whole is not one
//   static std::string print(const T&);                parse(print(x)) == x
//   static std::string noun();                         "a duration"
//   static std::string example();                      "250ms, 2s or 5m"; may be empty
//   static constexpr std::string_view pattern;         an ECMA-262 expression for the text; empty: any text
//   static constexpr Notation notation;
// and, where the text may hold a secret:
//   static std::string redacted(const T&);             what may be shown; itself accepted by parse()
// A class of your own gets its TextFormat from its members instead, see HasOwnText.
template <class T>
struct TextFormat;

template <class T>
concept Textual = requires(std::string_view text, const T& value) {
    { TextFormat<T>::parse(text) } -> std::same_as<std::optional<T>>;
    { TextFormat<T>::print(value) } -> std::same_as<std::string>;
    { TextFormat<T>::noun() } -> std::same_as<std::string>;
    { TextFormat<T>::example() } -> std::same_as<std::string>;
    { TextFormat<T>::pattern } -> std::convertible_to<std::string_view>;
    { TextFormat<T>::notation } -> std::convertible_to<Notation>;
};
template <class T>
concept Redactable = Textual<T> && requires(const T& value) {
    { TextFormat<T>::redacted(value) } -> std::same_as<std::string>;
};

// One word of an enum: words_of(E), found by argument-dependent look-up, returns a std::array of them.
template <class E>
struct Word {
    E value;
    std::string_view word;
};
template <class E>
concept DescribedEnum = std::is_enum_v<E> && requires(E value) {
    words_of(value).begin()->word;
};

// ---- the formats of what is no quantity -----------------------------------------------------------------

template <>
struct TextFormat<bool> {
    static std::optional<bool> parse(std::string_view text) {
        if (text == "true" || text == "True" || text == "TRUE") return true;
        if (text == "false" || text == "False" || text == "FALSE") return false;
        return std::nullopt;
    }
    static std::string print(bool value) { return value ? "true" : "false"; }
    static std::string noun() { return "true or false"; }
    static std::string example() { return {}; }
    static constexpr std::string_view pattern = {};
    static constexpr Notation notation = Notation::boolean;
};

template <std::integral T>
struct TextFormat<T> {
    static std::optional<T> parse(std::string_view text) {
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
    }
    static std::string print(T value) { return std::to_string(value); }
    static std::string noun() { return "a whole number"; }
    static std::string example() { return {}; }
    static constexpr std::string_view pattern = {};
    static constexpr Notation notation = Notation::integer;
};

// Settings end up in log lines, headers and pages: control characters are refused, and text longer than any
// name, path or token.
template <>
struct TextFormat<std::string> {
    static constexpr std::size_t size_max = 4096;   // PATH_MAX
    static std::optional<std::string> parse(std::string_view text) {
        if (text.size() > size_max) return std::nullopt;
        const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
        if (std::any_of(text.begin(), text.end(), control)) return std::nullopt;
        return std::string{text};
    }
    static std::string print(const std::string& value) { return value; }
    static std::string noun() { return "text"; }
    static std::string example() { return {}; }
    static constexpr std::string_view pattern = {};
    static constexpr Notation notation = Notation::text;
};

// A class that says itself how it is written: static parse(), to_text(), and the constants noun, example and
// pattern. It may add a `static constexpr Notation notation` and a redacted().
template <class T>
concept HasOwnText = std::is_class_v<T> && requires(std::string_view text, const T& value) {
    { T::parse(text) } -> std::same_as<std::optional<T>>;
    { value.to_text() } -> std::same_as<std::string>;
    { T::noun } -> std::convertible_to<std::string_view>;
    { T::example } -> std::convertible_to<std::string_view>;
    { T::pattern } -> std::convertible_to<std::string_view>;
};
template <HasOwnText T>
struct TextFormat<T> {
    static std::optional<T> parse(std::string_view text) { return T::parse(text); }
    static std::string print(const T& value) { return value.to_text(); }
    static std::string redacted(const T& value) requires requires { value.redacted(); }
    { return value.redacted(); }
    static std::string noun() { return std::string{T::noun}; }
    static std::string example() { return std::string{T::example}; }
    static constexpr std::string_view pattern = T::pattern;
    static constexpr Notation notation = [] {
        if constexpr (requires { T::notation; })
            return T::notation;
        else
            return Notation::text;
    }();
};

template <DescribedEnum E>
struct TextFormat<E> {
    static std::optional<E> parse(std::string_view text) {
        for (const auto& [value, word] : words_of(E{}))
            if (word == text) return value;
        return std::nullopt;
    }
    static std::string print(E wanted) {
        for (const auto& [value, word] : words_of(E{}))
            if (value == wanted) return std::string{word};
        return {};
    }
    static std::string noun() {
        std::string list;
        const auto words = words_of(E{});
        for (std::size_t i = 0; i < words.size(); ++i)
            list.append(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ").append(words[i].word);
        return list;
    }
    static std::string example() { return {}; }
    static constexpr std::string_view pattern = {};
    static constexpr Notation notation = Notation::text;
};

}   // namespace outrigger
