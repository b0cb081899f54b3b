// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <outrigger/core/describe.hpp>

#include "sidecar/config/reading.hpp"

// What a description expects: its keys, what an entry starts from, and what may stand for a type, in words.
namespace outrigger::config {

// Collects the keys of a struct.
class KeyCollector {
public:
    void operator()(std::string_view name, auto&, std::string_view, const auto&...) {
        keys.push_back({name, kind_});
    }
    void operator()(Entries, auto&, std::string_view, const auto&...) { has_entries = true; }
    template <class... Alternatives>
    void operator()(Choice, const std::variant<Alternatives...>&, std::string_view) {
        (collect_alternative<Alternatives>(), ...);
        kind_ = {};
    }
    std::vector<KnownKey> keys;
    bool has_entries = false;

private:
    template <class T>
    void collect_alternative() {
        const std::size_t first = keys.size();
        const T prototype{};
        describe(prototype, *this);
        kind_ = keys[first].name;
        for (std::size_t i = first; i < keys.size(); ++i) keys[i].kind = kind_;
    }
    std::string_view kind_;
};

template <Described T>
[[nodiscard]] KeyCollector keys_of() {
    KeyCollector collector;
    const T prototype{};
    describe(prototype, collector);
    return collector;
}

// What a list entry, a map entry or an optional starts from when it is written.
template <class T, class... Options>
[[nodiscard]] T starting_value(const Options&... options) {
    T value{};
    start(value, options...);
    return value;
}

// What may stand for a T, for messages.
template <class T, class... Options>
[[nodiscard]] std::string expected_for(const Options&... options) {
    if constexpr (Textual<T>) {
        return expectation<T>(limits_of<T>(options...));
    } else if constexpr (IsOptional<T>) {
        return expected_for<typename T::value_type>(options...);
    } else if constexpr (IsVariant<T>) {
        return []<class First, class... Rest>(std::type_identity<std::variant<First, Rest...>>,
                                              const Options&... inner) {
            return (expected_for<First>(inner...) + ... + (", or " + expected_for<Rest>(inner...)));
        }(std::type_identity<T>{}, options...);
    } else if constexpr (Described<T>) {
        const KeyCollector collector = keys_of<T>();
        std::vector<std::string_view> names;
        for (const KnownKey& key : collector.keys) names.push_back(key.name);
        if (collector.has_entries) names.emplace_back("names of your own");
        return "a mapping with " + join(names, " or ");
    } else {
        return IsList<T> ? "a list" : "a mapping of names";
    }
}

}   // namespace outrigger::config
