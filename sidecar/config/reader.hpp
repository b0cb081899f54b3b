// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <outrigger/core/describe.hpp>

#include "sidecar/config/expectation.hpp"
#include "sidecar/config/reading.hpp"
#include "sidecar/config/tree.hpp"
#include "sidecar/config/url.hpp"

// The visitor that reads described settings from a tree. What is not written keeps the value that it has.
namespace outrigger::config {

template <class T, class... Options>
void read(Reading& reading, const Node& node, const std::string& path, T& value, const Options&... options);

// ---- scalars --------------------------------------------------------------------------------------------

enum class Fit : std::uint8_t { yes, not_text, wrong_notation, out_of_range };

// Assigns only if it fits.
template <Textual T, class... Options>
[[nodiscard]] Fit fit(const ScalarText& scalar, T& value, const Options&... options) {
    auto parsed = TextFormat<T>::parse(scalar.text);
    if (!parsed) return Fit::not_text;
    if (!fits(TextFormat<T>::notation, scalar)) return Fit::wrong_notation;
    if (!limits_of<T>(options...).allow(*parsed)) return Fit::out_of_range;
    value = std::move(*parsed);
    return Fit::yes;
}

template <Textual T, class... Options>
inline constexpr bool is_confidential = Redactable<T> || has_option<Secret, Options...>;

// The value for a message. Secrets stay out of it: a text that is no URL may still be one with a password.
template <Textual T, class... Options>
[[nodiscard]] std::string shown_text(const Node& node, const ScalarText& scalar) {
    const bool hidden = has_option<Secret, Options...> ||
                        (Redactable<T> && scalar.text.find_first_of("@=") != std::string::npos);
    if (!hidden) return scalar.shown;
    return scalar.replaced ? quote(node.text) : "a value that is not shown";
}

template <Textual T, class... Options>
void refuse_scalar(Reading& reading, const Node& node, const std::string& path, const ScalarText& scalar,
                   Fit reason, const Options&... options) {
    const Limits<T> limits = limits_of<T>(options...);
    const std::string shown = shown_text<T, Options...>(node, scalar);
    switch (reason) {
        case Fit::yes: return;
        case Fit::not_text: {
            std::string expected = expectation<T>(std::integral<T> ? limits : Limits<T>{});
            if (std::same_as<T, std::string>) expected += " of at most 4KiB without control characters";
            return reading.problem(path, node.line, "found " + shown + ", expected " + expected);
        }
        case Fit::wrong_notation:
            return reading.problem(path, node.line,
                                   misfit(TextFormat<T>::notation, scalar, expectation<T>(limits)));
        case Fit::out_of_range:
            return reading.problem(path, node.line,
                                   "found " + shown + ", expected " + expectation<T>(limits));
    }
}

// Refuses a text that must not be empty; notes a secret that a printed configuration hides.
template <Textual T, class... Options>
void check_text(Reading& reading, const Node& node, const std::string& path, const T& value) {
    if constexpr (std::same_as<T, std::string> && has_option<NotEmpty, Options...>)
        if (value.empty()) reading.problem(path, node.line, "found '', expected text that is not empty");
    if constexpr (is_confidential<T, Options...>)
        if (TextFormat<T>::print(value).find(redaction_mark) != std::string::npos)
            reading.not_built(
                path, node.line,
                "found " + std::string{redaction_mark} +
                    ", which a printed configuration has in place of a secret, expected the secret");
}

template <Textual T, class... Options>
void read_scalar(Reading& reading, const Node& node, const std::string& path, T& value,
                 const Options&... options) {
    const auto scalar = reading.scalar(node, path, expectation<T>(limits_of<T>(options...)));
    if (!scalar) return;
    if (const Fit result = fit(*scalar, value, options...); result != Fit::yes)
        return refuse_scalar<T>(reading, node, path, *scalar, result, options...);
    check_text<T, Options...>(reading, node, path, value);
}

// ---- optionals, alternative forms, lists, maps ----------------------------------------------------------

template <class T, class... Options>
void read_optional(Reading& reading, const Node& node, const std::string& path, std::optional<T>& value,
                   const Options&... options) {
    if (node.kind == Node::Kind::nothing) return value.reset();
    T written = starting_value<T>(options...);
    if constexpr (Textual<T> || HasShortForm<T>) {
        if (Textual<T> || node.kind == Node::Kind::scalar) {
            const auto scalar = reading.scalar(node, path, expected_for<T>(options...));
            if (!scalar) return;
            if (scalar->text.empty()) return value.reset();
        }
    }
    read(reading, node, path, written, options...);
    value = std::move(written);
}

template <class... Forms, class... Options>
void read_forms(Reading& reading, const Node& node, const std::string& path, std::variant<Forms...>& value,
                const Options&... options) {
    bool done = false;
    if (node.kind == Node::Kind::map) {
        const auto read_form = [&]<class Form>(std::type_identity<Form>) {
            if constexpr (Described<Form>) {
                if (!std::exchange(done, true)) read(reading, node, path, value.template emplace<Form>());
            }
        };
        (read_form(std::type_identity<Forms>{}), ...);
        if (done) return;
    }
    const auto scalar = reading.scalar(node, path, expected_for<std::variant<Forms...>>(options...));
    if (!scalar) return;
    const auto try_form = [&]<class Form>(std::type_identity<Form>) {
        if constexpr (Textual<Form>) {
            Form form{};
            const Fit result = done ? Fit::not_text : fit(*scalar, form, options...);
            if (result == Fit::wrong_notation) {
                refuse_scalar<Form>(reading, node, path, *scalar, result, options...);
                done = true;
            } else if (result == Fit::yes) {
                value = std::move(form);
                done = true;
            }
        }
    };
    (try_form(std::type_identity<Forms>{}), ...);
    if (!done)
        reading.problem(
            path, node.line,
            "found " + scalar->shown + ", expected " + expected_for<std::variant<Forms...>>(options...));
}

template <class T, class... Options>
void read_list(Reading& reading, const Node& node, const std::string& path, std::vector<T>& value,
               const Options&... options) {
    value.clear();
    if (node.kind == Node::Kind::nothing) return;
    if (node.kind != Node::Kind::list)
        return reading.problem(path, node.line, "found " + describe_found(node) + ", expected a list");
    for (std::size_t i = 0; i < node.items.size(); ++i)
        read(reading, node.items[i], path + '[' + std::to_string(i) + ']',
             value.emplace_back(starting_value<T>(options...)), options...);
}

template <class T, class... Options>
void read_entry(Reading& reading, const Entry& entry, const std::string& path, NamedMap<T>& map,
                const Options&... options) {
    if (!is_entry_name(entry.key))
        return reading.problem(path, entry.line,
                               "found the name " + quote(entry.key) +
                                   ", expected 1 to 63 letters, digits, _ and -, beginning with a "
                                   "letter or digit");
    read(reading, entry.value, path, map.add(entry.key, starting_value<T>(options...)), options...);
}

template <class T, class... Options>
void read_named(Reading& reading, const Node& node, const std::string& path, NamedMap<T>& value,
                const Options&... options) {
    value.clear();
    if (node.kind == Node::Kind::nothing) return;
    if (node.kind != Node::Kind::map)
        return reading.problem(path, node.line,
                               "found " + describe_found(node) + ", expected a mapping of names");
    for (const Entry& entry : node.entries)
        read_entry(reading, entry, below(path, entry.key), value, options...);
}

// ---- structs --------------------------------------------------------------------------------------------

// Did the user say anything here? null, "", [] and {} say nothing.
[[nodiscard]] inline bool says_something(const Node& node) {
    switch (node.kind) {
        case Node::Kind::nothing: return false;
        case Node::Kind::scalar: return !node.text.empty();
        case Node::Kind::list: return !node.items.empty();
        case Node::Kind::map: return !node.entries.empty();
    }
    return false;
}

// Made before a field is read, asked afterwards: was it written, well, and not built?
class BuildNote {
public:
    BuildNote(Reading& reading, const std::string& path, int line)
        : reading_{reading},
          path_{path},
          line_{line},
          problems_{reading.problem_count()},
          not_built_{reading.not_built_count()} {}

    template <class T, class... Options>
    void take(const Node& node, const T& value, const Options&... options) const {
        bool written = says_something(node);
        if constexpr (IsOptional<T>) written = value.has_value();
        if (written && reading_.problem_count() == problems_) (take_option(value, options), ...);
    }

private:
    template <class T, class When>
    void take_option(const T& value, const NotBuilt<When>& option) const {
        if (!option.when(value)) return;
        reading_.forget_not_built_after(not_built_);
        reading_.not_built(path_, line_, "not built yet: " + std::string{option.what});
    }
    template <class T, class Option>
    void take_option(const T&, const Option&) const {}

    Reading& reading_;
    const std::string& path_;
    int line_;
    std::size_t problems_;
    std::size_t not_built_;
};

class StructReader {
public:
    explicit StructReader(MapReading& map) : map_{map} {}

    template <class T, class... Options>
    void operator()(std::string_view name, T& member, std::string_view /*help*/, const Options&... options) {
        static_assert(options_fit<T, Options...>, "a limit of this field is of another type than its value");
        start(member, options...);
        const Entry* entry = map_.take(name);
        if (entry) return read_field(*entry, map_.path_of(name), member, options...);
        if constexpr (has_option<Required, Options...>)
            map_.reading.problem(map_.path_of(name), map_.node().line,
                                 "found nothing, expected " + expected_for<T>(options...));
    }
    template <class T, class... Options>
    void operator()(Entries, NamedMap<T>& members, std::string_view /*help*/, const Options&... options) {
        for (const Entry* entry : map_.take_others()) {
            const std::string path = map_.path_of(entry->key);
            const BuildNote note{map_.reading, path, entry->line};
            read_entry(map_.reading, *entry, path, members, options...);
            note.take(entry->value, members, options...);
        }
    }
    template <class... Alternatives>
    void operator()(Choice, std::variant<Alternatives...>& member, std::string_view /*help*/) {
        const std::array<std::string_view, sizeof...(Alternatives)> kinds{
            keys_of<Alternatives>().keys.front().name...};
        std::vector<std::string_view> written;
        for (const std::string_view kind : kinds)
            if (map_.node().find(kind)) written.push_back(kind);
        if (written.size() == 1) return read_kind(written.front(), member);
        map_.take_alternatives();
        const std::string found = written.empty() ? "none of them" : join(written, " and ");
        map_.reading.problem(map_.path(), map_.node().line,
                             "found " + found + ", expected exactly one of " + join(kinds, " or "));
    }

private:
    template <class T, class... Options>
    void read_field(const Entry& entry, const std::string& path, T& member, const Options&... options) {
        const BuildNote note{map_.reading, path, entry.line};
        read(map_.reading, entry.value, path, member, options...);
        note.take(entry.value, member, options...);
    }
    template <class... Alternatives>
    void read_kind(std::string_view kind, std::variant<Alternatives...>& member) {
        const auto read_alternative = [&]<class T>(std::type_identity<T>) {
            if (keys_of<T>().keys.front().name == kind) describe(member.template emplace<T>(), *this);
        };
        (read_alternative(std::type_identity<Alternatives>{}), ...);
    }

    MapReading& map_;
};

// Reads a lone scalar into the one field that it stands for.
class ShortFormReader {
public:
    ShortFormReader(Reading& reading, const Node& node, const std::string& path, std::string_view key)
        : reading_{reading}, node_{node}, path_{path}, key_{key} {}

    template <class T, class... Options>
    void operator()(std::string_view name, T& member, std::string_view /*help*/, const Options&... options) {
        if (name == key_) read(reading_, node_, path_, member, options...);
    }

private:
    Reading& reading_;
    const Node& node_;
    const std::string& path_;
    std::string_view key_;
};

// Reads a flag into the one setting that it stands for, by the rules of that setting.
class FlagReader {
public:
    // `path` leads from the visited struct to the setting: "inbound.app". `node` is the flag's text.
    FlagReader(Reading& reading, const Node& node, const std::string& flag, std::string_view path)
        : reading_{reading}, node_{node}, flag_{flag}, path_{path} {}

    template <class T, class... Options>
    void operator()(std::string_view name, T& member, std::string_view /*help*/, const Options&... options) {
        const std::size_t length = std::min(path_.find('.'), path_.size());
        if (name != path_.substr(0, length)) return;
        if constexpr (Described<T>) {
            if (length < path_.size())
                return describe(member, FlagReader{reading_, node_, flag_, path_.substr(length + 1)});
        }
        const BuildNote note{reading_, flag_, 0};
        read(reading_, node_, flag_, member, options...);
        note.take(node_, member, options...);
    }
    template <class T, class... Options>
    void operator()(Entries, NamedMap<T>&, std::string_view, const Options&...) {}
    template <class... Alternatives>
    void operator()(Choice, std::variant<Alternatives...>&, std::string_view) {}

private:
    Reading& reading_;
    const Node& node_;
    const std::string& flag_;
    std::string_view path_;
};

// A contradiction is reported where one of its two sides was written, unless one of them is bad in itself.
template <Described T>
void report_contradictions(Reading& reading, const Node& node, const std::string& path, const T& value) {
    if constexpr (HasContradictions<T>) {
        const std::string prefix = path.empty() ? path : path + '.';
        for (Contradiction& one : value.contradictions()) {
            if (reading.is_full()) return;
            const bool written = reading.is_written(node, path, one.key) ||
                                 (!one.with.empty() && reading.is_written(node, path, one.with));
            const bool bad =
                reading.is_bad(prefix + one.key) || (!one.with.empty() && reading.is_bad(prefix + one.with));
            if (written && !bad) reading.contradiction(node, path, one.key, std::move(one.text));
        }
    }
}

// Without the contradictions.
template <Described T>
void read_fields(Reading& reading, const Node& node, const std::string& path, T& value) {
    if constexpr (HasShortForm<T>) {
        if (node.kind == Node::Kind::scalar)
            return describe(value, ShortFormReader{reading, node, path, T::short_form});
    }
    if (node.kind == Node::Kind::scalar || node.kind == Node::Kind::list)
        return reading.problem(path, node.line,
                               "found " + describe_found(node) + ", expected " + expected_for<T>());
    MapReading map{reading, node, path, keys_of<T>().keys};
    describe(value, StructReader{map});
    map.refuse_rest();
}

// ---- the dispatch ---------------------------------------------------------------------------------------

template <class T, class... Options>
void read(Reading& reading, const Node& node, const std::string& path, T& value, const Options&... options) {
    if (node.refused) return;
    if constexpr (Textual<T>) {
        read_scalar(reading, node, path, value, options...);
    } else if constexpr (IsOptional<T>) {
        read_optional(reading, node, path, value, options...);
    } else if constexpr (IsVariant<T>) {
        read_forms(reading, node, path, value, options...);
    } else if constexpr (IsList<T>) {
        read_list(reading, node, path, value, options...);
    } else if constexpr (IsNamedMap<T>) {
        read_named(reading, node, path, value, options...);
    } else {
        static_assert(Described<T>,
                      "a setting is a scalar with a TextFormat, a described struct, or made of these");
        read_fields(reading, node, path, value);
        report_contradictions(reading, node, path, value);
    }
}

}   // namespace outrigger::config
