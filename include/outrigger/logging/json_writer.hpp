// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace outrigger::logging {

// Text that needs no escaping. Mostly it is written in the source, as member names and the fixed parts of messages: then
// it is checked while compiling, and its length is known where its bytes are copied.
class Plain {
public:
    // What its maker vouches for: digits, words of our own.
    [[nodiscard]] static constexpr Plain vouched(std::string_view text) noexcept { return Plain{text}; }

    consteval Plain(const char* text) : text_{text} {  // NOLINT: a literal is plain text
        for (char c : text_)
            if (c < ' ' || c > '~' || c == '"' || c == '\\') throw "printable ASCII without quotes is wanted";
    }
    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

private:
    explicit constexpr Plain(std::string_view text) noexcept : text_{text} {}
    std::string_view text_;
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
    static constexpr std::uint32_t depth_max = 31;

    // Into a buffer that never grows. What does not fit sets overflowed().
    explicit JsonWriter(std::span<char> fixed) noexcept;
    // Into a buffer that grows as needed and keeps its size, so that its next use allocates nothing.
    explicit JsonWriter(std::vector<char>& growing);

    void field(Plain key, std::string_view value) {
        name(key.text());
        text(value);
    }
    template <std::signed_integral T>
    void field(Plain key, T value) {
        name(key.text());
        number(std::int64_t{value});
    }
    template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>) void field(Plain key, T value) {
        name(key.text());
        number(std::uint64_t{value});
    }
    // The shortest text that reads back the same; NaN and infinities become null.
    template <std::floating_point T>
    void field(Plain key, T value) {
        name(key.text());
        number(static_cast<double>(value));
    }
    template <std::same_as<bool> T>
    void field(Plain key, T value) {
        verbatim(key, value ? "true" : "false");
    }
    void null(Plain key) {
        verbatim(key, "null");
    }

    // An object of one member, "object":{"key":value}.
    [[gnu::always_inline]] void field(Plain object, Plain key, std::string_view value) {
        raw("\"", object.text(), "\":{\"", key.text(), "\":");
        text(value);
        end_with('}', ',');
    }
    template <std::unsigned_integral T>
    [[gnu::always_inline]] void field(Plain object, Plain key, T value) {
        raw("\"", object.text(), "\":{\"", key.text(), "\":");
        number(std::uint64_t{value});
        end_with('}', ',');
    }

    // A string that is known to need no escaping: digits, words of our own.
    [[gnu::always_inline]] void plain(Plain key, std::string_view value) {
        raw("\"", key.text(), "\":\"", value, "\",");
    }

    // A string member given in pieces, each a Plain or a std::string_view: no joined copy is needed. A UTF-8
    // sequence must not straddle two pieces.
    template <class... Pieces>
    [[gnu::always_inline]] void joined(Plain key, Pieces... pieces) {
        raw("\"", key.text(), "\":\"");
        (piece(pieces), ...);
        raw("\",");
    }

    // A member whose value is JSON already, and members that are: "a":1,"b":2. Written as they are.
    void verbatim(Plain key, std::string_view json) {
        raw("\"", key.text(), "\":", json, ",");
    }
    [[gnu::always_inline]] void members(std::string_view json) { raw(json, ","); }

    void open(Plain key) {  // "key":{
        raw("\"", key.text(), "\":{");
        enter(0);
    }
    void open_array(Plain key) {  // "key":[
        raw("\"", key.text(), "\":[");
        enter(1);
    }
    void element(std::string_view value);
    void close() {  // the innermost object or array
        if (open_ == none_open) return;
        end_with((open_ & 1U) != 0 ? ']' : '}', ',');
        open_ >>= 1;
    }

    // Closes whatever is open, ends the line with '\n' and returns it; empty if it did not fit. The view
    // holds until the buffer is used again. Nothing may be written afterwards.
    [[nodiscard]] std::string_view finish();

    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

private:
    // A comma follows every value; what closes an object takes the place of its last one.
    [[gnu::always_inline]] void name(std::string_view key) { raw("\"", key, "\":"); }
    void end_with(char closing, char then) {
        if (!overflowed_ && next_[-1] == ',') --next_;
        if (!room(2)) return;
        *next_++ = closing;
        *next_++ = then;
    }
    // Inlined so that a key's length is known where its bytes are copied: most of a line is keys.
    template <class... Pieces>
    [[gnu::always_inline]] void raw(const Pieces&... pieces) {
        if (!room((std::string_view{pieces}.size() + ...))) return;
        char* to = next_;   // next_ itself could be among the bytes written, for all that the compiler knows
        ((to = copied(std::string_view{pieces}, to)), ...);
        next_ = to;
    }
    [[gnu::always_inline]] static char* copied(std::string_view bytes, char* to) noexcept {  // there is room
        if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
        return to + bytes.size();
    }
    // Makes sure of it. False: it does not fit and never will.
    [[gnu::always_inline]] [[nodiscard]] bool room(std::size_t bytes) { return fits(bytes) || grow(bytes); }
    [[nodiscard]] bool fits(std::size_t bytes) const noexcept {
        return static_cast<std::size_t>(end_ - next_) >= bytes;
    }
    [[nodiscard]] bool grow(std::size_t bytes);
    void enter(std::uint32_t array) {
        if (open_ >> depth_max != 0)
            overflowed_ = true;  // and the line is lost
        else
            open_ = open_ << 1 | array;
    }
    [[gnu::always_inline]] void piece(Plain text) { raw(text.text()); }
    void piece(std::string_view text) { escaped(text); }
    void text(std::string_view value);
    void text_with_care(std::string_view value);
    void escaped(std::string_view value);
    const char* escape_one(const char* from, const char* end);
    void number(std::int64_t value);
    void number(std::uint64_t value);
    void number(double value);
    template <class Number>
    void digits(Number value);

    std::vector<char>* growing_ = nullptr;
    char* begin_;
    char* next_;
    char* end_;
    bool overflowed_ = false;
    // A bit for each open array, 0 for an object; the innermost is the lowest. Above the outermost stands a 1.
    static constexpr std::uint32_t none_open = 1;
    std::uint32_t open_ = none_open;
};

}  // namespace outrigger::logging
