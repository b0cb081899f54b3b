// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <outrigger/core/describe.hpp>

namespace outrigger::config {

namespace detail {
template <class T>
struct Scalar {
    using Type = T;
};
template <class T>
struct Scalar<std::optional<T>> : Scalar<T> {};
template <class T>
struct Scalar<std::vector<T>> : Scalar<T> {};

template <class Option>
void append_remark(std::string&, const Option&) {}
template <class When>
void append_remark(std::string& text, const NotBuilt<When>& option) {
    text.append(" Not built yet: ").append(option.what).append(".");
}
inline void append_remark(std::string& text, const NeedsRestart&) { text += " A change needs a restart."; }

// "from 1ms to 1h" -> " From 1ms to 1h."
inline void append_range(std::string& text, std::string range) {
    if (range.empty()) return;
    if (range.starts_with("of a")) range.erase(0, 3);
    range.front() = static_cast<char>(range.front() - 'a' + 'A');
    text.append(" ").append(range).append(".");
}
template <class T, class... Options>
void append_ranges(std::string& text, std::type_identity<T>, const Options&... options) {
    if constexpr (Textual<T>) append_range(text, to_string(limits_of<T>(options...)));
}
template <class... Forms, class... Options>
void append_ranges(std::string& text, std::type_identity<std::variant<Forms...>>, const Options&... options) {
    (append_ranges(text, std::type_identity<Forms>{}, options...), ...);
}
}   // namespace detail

// What the options of a field of type T add to its help, for documents: range, restart, what is missing.
template <class T, class... Options>
[[nodiscard]] std::string remarks(const Options&... options) {
    std::string text;
    detail::append_ranges(text, std::type_identity<typename detail::Scalar<T>::Type>{}, options...);
    (detail::append_remark(text, options), ...);
    return text;
}

}   // namespace outrigger::config
