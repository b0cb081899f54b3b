// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <type_traits>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/utf8.hpp>

namespace outrigger::logging {

// The name of a field, such as "order.id": dots make nested objects. What is written in the source is looked at while
// compiling. Any text may come: bytes that no name should have are written as %XX, and a name longer than `longest` is
// cut. These are moved under `labels`, where dots become underscores (ECS: labels.order_id):
//   - what the record has already: @timestamp, message, ecs.*, log.*, service.*, and event.id, which a shipper gives
//     (event.dataset may be given, and is the record's);
//   - labels within labels: they are flat;
//   - a plain value under a name that stands for an object in ECS: "user", "error", "http";
//   - names with an empty step, such as "a..b", and those of more than sixteen steps: Elasticsearch refuses them.
class Key {
public:
    static constexpr std::size_t longest = 256;
    static constexpr std::size_t most_steps = 16;

    template <std::size_t N>
    consteval Key(const char (&literal)[N]) : Key{Text{{literal, N - 1}}} {}   // NOLINT: a literal is a key
    template <class T>
    requires(!std::is_array_v<T> && std::convertible_to<const T&, std::string_view>)
    constexpr Key(const T& text) noexcept : Key{Text{text}} {}   // NOLINT: so is a text; it must outlive the key

    // What is to be done about it before it can be written.
    enum Trait : std::uint8_t {
        nested = 1,    // has several steps
        odd = 2,       // has bytes to be replaced
        labelled = 4,  // goes under labels
        of_event = 8,  // goes into the object event, which comes last
    };

    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }
    [[nodiscard]] constexpr std::uint32_t first_step() const noexcept { return first_step_; }   // a hash of it
    [[nodiscard]] constexpr bool is(Trait trait) const noexcept { return (traits_ & trait) != 0; }
    [[nodiscard]] constexpr std::uint8_t traits() const noexcept { return traits_; }

private:
    struct Text {
        std::string_view text;
    };
    explicit constexpr Key(Text from) noexcept : text_{from.text.substr(0, longest)} {
        const std::string_view first = text_.substr(0, text_.find('.'));
        std::uint32_t hash = 0x811c9dc5U;   // FNV-1a
        for (const char c : first) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
        first_step_ = hash;
        if (first.size() < text_.size()) traits_ |= nested;
        if (first == "event") traits_ |= of_event;
        if (!writable(text_)) traits_ |= odd;
        if (taken(text_, first) || !well_stepped(text_)) traits_ |= labelled;
    }

    [[nodiscard]] static constexpr bool writable(std::string_view text) noexcept {
        while (!text.empty()) {
            const char c = text[0];
            if ((c >= 0 && c < ' ') || c == '"' || c == '\\' || c == '%' || c == '\x7f') return false;
            const Utf8Step step = utf8_step(text);
            if (!step.valid) return false;
            text.remove_prefix(step.length);
        }
        return true;
    }
    [[nodiscard]] static constexpr bool well_stepped(std::string_view text) noexcept {
        if (text.empty() || text.front() == '.' || text.back() == '.') return false;
        return text.find("..") == std::string_view::npos &&
               static_cast<std::size_t>(std::count(text.begin(), text.end(), '.')) < most_steps;
    }
    [[nodiscard]] static constexpr bool taken(std::string_view text, std::string_view first) noexcept {
        constexpr std::array<std::string_view, 5> ours{"@timestamp", "message", "ecs", "log", "service"};
        // The field sets of ECS 9.4 that a record may have at its top, and ours.
        constexpr std::array<std::string_view, 47> objects{
            "agent",  "as",       "base",    "client",       "cloud",    "container", "data_stream", "destination",
            "device", "dll",      "dns",     "email",        "error",    "event",     "faas",        "file",
            "geo",    "group",    "hash",    "host",         "http",     "interface", "labels",      "network",
            "observer", "orchestrator", "organization", "os", "outrigger", "package", "process",     "registry",
            "related", "rule",    "server",  "source",       "span",     "threat",    "tls",         "trace",
            "transaction", "url", "user",    "user_agent",   "vlan",     "volume",    "vulnerability"};
        if (std::find(ours.begin(), ours.end(), first) != ours.end()) return true;
        if (text.starts_with("labels.") && text.find('.', 7) != std::string_view::npos) return true;
        if (text == "event.id" || text.starts_with("event.id.") || text.starts_with("event.dataset.")) return true;
        return text == first && std::find(objects.begin(), objects.end(), first) != objects.end();
    }

    std::string_view text_;
    std::uint32_t first_step_ = 0;
    std::uint8_t traits_ = 0;
};

// A name and a value, for the length of a call: texts are not copied. Made by field().
class Field {
public:
    enum class Kind : std::uint8_t { null, text, boolean, integer, natural, real, json, exception };

    constexpr Field(Key key, Kind kind) noexcept : key_{key}, kind_{kind} {}
    constexpr Field(Key key, Kind kind, std::string_view text) noexcept : key_{key}, kind_{kind}, text_{text} {}
    constexpr Field(Key key, bool value) noexcept : key_{key}, kind_{Kind::boolean}, boolean_{value} {}
    constexpr Field(Key key, std::int64_t value) noexcept : key_{key}, kind_{Kind::integer}, integer_{value} {}
    constexpr Field(Key key, std::uint64_t value) noexcept : key_{key}, kind_{Kind::natural}, natural_{value} {}
    constexpr Field(Key key, double value) noexcept : key_{key}, kind_{Kind::real}, real_{value} {}
    constexpr Field(Key key, const std::exception& value) noexcept
        : key_{key}, kind_{Kind::exception}, exception_{&value} {}

    [[nodiscard]] constexpr const Key& key() const noexcept { return key_; }
    [[nodiscard]] constexpr Kind kind() const noexcept { return kind_; }
    // Each only of its kind; text() also of json.
    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }
    [[nodiscard]] constexpr bool boolean() const noexcept { return boolean_; }
    [[nodiscard]] constexpr std::int64_t integer() const noexcept { return integer_; }
    [[nodiscard]] constexpr std::uint64_t natural() const noexcept { return natural_; }
    [[nodiscard]] constexpr double real() const noexcept { return real_; }
    [[nodiscard]] const std::exception& exception() const noexcept { return *exception_; }

private:
    Key key_;
    Kind kind_;
    union {
        std::string_view text_{};
        bool boolean_;
        std::int64_t integer_;
        std::uint64_t natural_;
        double real_;
        const std::exception* exception_;
    };
};

template <class T>
concept TextLike = std::convertible_to<const T&, std::string_view>;

// Texts are repaired where they are not UTF-8. A null pointer is null.
template <TextLike T>
[[nodiscard]] constexpr Field field(Key key, const T& value) noexcept {
    if constexpr (std::is_pointer_v<T>)
        if (value == nullptr) return {key, Field::Kind::null};
    return {key, Field::Kind::text, std::string_view{value}};
}
// Whole numbers beyond 2^53 become strings: many readers of JSON would round them. NaN and the infinities become null.
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] constexpr Field field(Key key, T value) noexcept {
    if constexpr (std::same_as<T, bool>)
        return {key, value};
    else if constexpr (std::floating_point<T>)
        return {key, static_cast<double>(value)};
    else if constexpr (std::is_signed_v<T>)
        return {key, std::int64_t{value}};
    else
        return {key, std::uint64_t{value}};
}
// As ECS has durations: whole nanoseconds.
template <class Rep, class Period>
[[nodiscard]] constexpr Field field(Key key, std::chrono::duration<Rep, Period> value) noexcept {
    return {key, std::int64_t{std::chrono::duration_cast<Duration>(value).count()}};
}
[[nodiscard]] constexpr Field field(Key key, std::nullptr_t) noexcept { return {key, Field::Kind::null}; }
template <class T>
[[nodiscard]] constexpr Field field(Key key, const std::optional<T>& value) noexcept {
    return value ? field(key, *value) : Field{key, Field::Kind::null};
}
// error.type and error.message. Of several in one record the last one is written.
[[nodiscard]] inline Field field(const std::exception& error) noexcept { return {"error.message", error}; }

}   // namespace outrigger::logging
