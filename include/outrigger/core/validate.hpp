// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <outrigger/core/describe.hpp>

// The visitor that checks a value which was built in code, so that no parser has seen it.
namespace outrigger {

// Every field out of its range and every contradiction, with paths: for settings that no parser has seen.
template <Described T>
[[nodiscard]] Contradictions validate(const T& value);

namespace detail {

class Validation {
public:
    explicit Validation(Contradictions& found) : found_{found} {}

    template <class T, class... Options>
    void operator()(std::string_view name, const T& value, std::string_view /*help*/,
                    const Options&... options) {
        static_assert(options_fit<T, Options...>, "a limit of this field is of another type than its value");
        check(std::string{name}, value, options...);
    }
    template <class T, class... Options>
    void operator()(Entries, const NamedMap<T>& map, std::string_view /*help*/, const Options&... options) {
        for (const auto& entry : map) check_entry(entry.name, entry, options...);
    }
    template <class... Alternatives>
    void operator()(Choice, const std::variant<Alternatives...>& value, std::string_view /*help*/) {
        std::visit([this](const auto& alternative) { describe(alternative, *this); }, value);
    }

private:
    template <class T, class... Options>
    void check(const std::string& path, const T& value, const Options&... options) {
        if constexpr (Textual<T>) {
            check_scalar(path, value, options...);
        } else if constexpr (Described<T>) {
            adopt(path, validate(value));
        } else if constexpr (IsOptional<T>) {
            if (value) check(path, *value, options...);
        } else if constexpr (IsVariant<T>) {
            std::visit([&](const auto& form) { check(path, form, options...); }, value);
        } else {
            if (has_option<NotEmpty, Options...> && value.empty())
                add(path, "found nothing, expected at least one");
            check_items(path, value, options...);
        }
    }
    template <class T, class... Options>
    void check_scalar(const std::string& path, const T& value, const Options&... options) {
        if (const Limits<T> limits = limits_of<T>(options...); !limits.allow(value))
            add(path, "found " + TextFormat<T>::print(value) + ", expected " + expectation<T>(limits));
        if constexpr (std::same_as<T, std::string> && has_option<NotEmpty, Options...>)
            if (value.empty()) add(path, "found '', expected text that is not empty");
    }
    template <class T, class... Options>
    void check_items(const std::string& path, const T& value, const Options&... options) {
        if constexpr (IsNamedMap<T>) {
            for (const auto& entry : value) check_entry(path + '.' + entry.name, entry, options...);
        } else {
            for (std::size_t i = 0; i < value.size(); ++i)
                check(path + '[' + std::to_string(i) + ']', value[i], options...);
        }
    }
    template <class T, class... Options>
    void check_entry(const std::string& path, const Named<T>& entry, const Options&... options) {
        if (!is_entry_name(entry.name))
            add(path, "found the name '" + entry.name + "', expected 1 to 63 letters, digits, _ and -");
        check(path, entry.value, options...);
    }
    void adopt(const std::string& path, Contradictions inner) {
        for (Contradiction& one : inner) {
            one.key = one.key.empty() ? path : path + '.' + one.key;
            if (!one.with.empty()) one.with = path + '.' + one.with;
            found_.push_back(std::move(one));
        }
    }
    void add(const std::string& path, std::string text) { found_.push_back({path, std::move(text), {}}); }

    Contradictions& found_;
};

}   // namespace detail

template <Described T>
Contradictions validate(const T& value) {
    Contradictions found;
    describe(value, detail::Validation{found});
    if constexpr (HasContradictions<T>) {
        for (Contradiction& one : value.contradictions()) found.push_back(std::move(one));
    }
    return found;
}

// The same value, for a constructor's initialisers. Throws std::invalid_argument with the first sentence if it is not
// valid.
template <Described T>
[[nodiscard]] const T& checked(const T& value) {
    const Contradictions found = validate(value);
    if (found.empty()) return value;
    throw std::invalid_argument{found.front().key + ": " + found.front().text};
}

}   // namespace outrigger
