// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace outrigger::logging {

// A member name written in the source. It is checked while compiling to need no escaping, and written as it
// is.
class JsonKey {
public:
    consteval JsonKey(const char* name) : name_{name} {  // NOLINT: a literal is a key
        for (char c : name_)
            if (c < ' ' || c > '~' || c == '"' || c == '\\') throw "a JSON key of plain ASCII is wanted";
    }
    [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }

private:
    std::string_view name_;
};

// Appends one JSON object, member by member, and never looks back: no tree, no allocation of its own. Any
// bytes may come in: control characters, quotes and backslashes are escaped, and what is not UTF-8 becomes
// U+FFFD (one for each maximal subpart, as the Unicode standard advises). Not thread-safe.
//
//   JsonWriter json{buffer};
//   json.field("a", 1);  json.open("b");  json.field("c", "x");  json.close();
//   json.finish();       // {"a":1,"b":{"c":"x"}}\n
class JsonWriter {
public:
    // Objects and arrays inside each other; deeper is a programming error, and makes no line.
    static constexpr std::size_t depth_max = 16;

    // Into a buffer that never grows. What does not fit sets overflowed().
    explicit JsonWriter(std::span<char> fixed) noexcept;
    // Into a buffer that grows as needed and keeps its size, so that its next use allocates nothing.
    explicit JsonWriter(std::vector<char>& growing);

    void field(JsonKey key, std::string_view value) {
        name(key.name());
        text(value);
    }
    template <std::signed_integral T>
    void field(JsonKey key, T value) {
        name(key.name());
        number(std::int64_t{value});
    }
    template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>) void field(JsonKey key, T value) {
        name(key.name());
        number(std::uint64_t{value});
    }
    // The shortest text that reads back the same; NaN and infinities become null.
    template <std::floating_point T>
    void field(JsonKey key, T value) {
        name(key.name());
        number(static_cast<double>(value));
    }
    template <std::same_as<bool> T>
    void field(JsonKey key, T value) {
        name(key.name());
        raw(value ? "true" : "false");
    }
    void null(JsonKey key) {
        name(key.name());
        raw("null");
    }

    // A string member given in pieces: no joined copy is needed. A UTF-8 sequence must not straddle two
    // pieces.
    template <class... Pieces>
    void joined(JsonKey key, Pieces... pieces) {
        name(key.name());
        raw("\"");
        (escaped(pieces), ...);
        raw("\"");
    }

    // A member whose value is JSON already: written as it is.
    void verbatim(JsonKey key, std::string_view json) {
        name(key.name());
        raw(json);
    }

    void open(JsonKey key);        // "key":{
    void open_array(JsonKey key);  // "key":[
    void element(std::string_view value);
    void close();  // the innermost object or array

    // Closes whatever is open, ends the line with '\n' and returns it; empty if it did not fit. The view
    // holds until the buffer is used again. Nothing may be written afterwards.
    [[nodiscard]] std::string_view finish();

    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

private:
    void name(std::string_view key);
    void text(std::string_view value);
    void escaped(std::string_view value);
    void number(std::int64_t value);
    void number(std::uint64_t value);
    void number(double value);
    void raw(std::string_view bytes);
    void enter(char opening, char closing);
    [[nodiscard]] bool room(std::size_t bytes);  // makes sure of it; false: it does not fit and never will
    const char* escape_one(const char* from, const char* end);

    std::vector<char>* growing_ = nullptr;
    char* begin_;
    char* next_;
    char* end_;
    bool overflowed_ = false;
    bool first_ = true;  // no member yet in the innermost object
    std::size_t depth_ = 0;
    char closings_[depth_max];
};

}  // namespace outrigger::logging
