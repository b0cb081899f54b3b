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

// Text written in the source: member names and the fixed parts of messages. It is checked while compiling to
// need no escaping, and its length is known where its bytes are copied.
class Plain {
public:
    consteval Plain(const char* text) : text_{text} {  // NOLINT: a literal is plain text
        for (char c : text_)
            if (c < ' ' || c > '~' || c == '"' || c == '\\') throw "printable ASCII without quotes is wanted";
    }
    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

private:
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
        name(key.text());
        raw(value ? "true" : "false");
    }
    void null(Plain key) {
        name(key.text());
        raw("null");
    }

    // A string that is known to need no escaping: digits, words of our own.
    void plain(Plain key, std::string_view value) {
        name(key.text());
        raw("\"");
        raw(value);
        raw("\"");
    }

    // A string member given in pieces, each a Plain or a std::string_view: no joined copy is needed. A UTF-8
    // sequence must not straddle two pieces.
    template <class... Pieces>
    [[gnu::always_inline]] void joined(Plain key, Pieces... pieces) {
        name(key.text());
        raw("\"");
        (piece(pieces), ...);
        raw("\"");
    }

    // A member whose value is JSON already, and members that are: "a":1,"b":2. Written as they are.
    void verbatim(Plain key, std::string_view json) {
        name(key.text());
        raw(json);
    }
    void members(std::string_view json) {
        if (!first_) raw(",");
        first_ = false;
        raw(json);
    }

    void open(Plain key) {  // "key":{
        name(key.text());
        enter('{', 0);
    }
    void open_array(Plain key) {  // "key":[
        name(key.text());
        enter('[', 1);
    }
    void element(std::string_view value);
    void close() {  // the innermost object or array
        if (depth_ == 0) return;
        --depth_;
        raw((arrays_ & 1U) != 0 ? "]" : "}");
        arrays_ >>= 1;
        first_ = false;
    }

    // Closes whatever is open, ends the line with '\n' and returns it; empty if it did not fit. The view
    // holds until the buffer is used again. Nothing may be written afterwards.
    [[nodiscard]] std::string_view finish();

    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

private:
    // Inlined so that a key's length is known where its bytes are copied: most of a line is keys.
    [[gnu::always_inline]] void name(std::string_view key) {
        if (!room(key.size() + 4)) return;
        if (!first_) *next_++ = ',';
        first_ = false;
        *next_++ = '"';
        copy(key);
        *next_++ = '"';
        *next_++ = ':';
    }
    [[gnu::always_inline]] void raw(std::string_view bytes) {
        if (room(bytes.size())) copy(bytes);
    }
    [[gnu::always_inline]] void copy(std::string_view bytes) noexcept {  // there is room
        if (!bytes.empty()) std::memcpy(next_, bytes.data(), bytes.size());
        next_ += bytes.size();
    }
    // Makes sure of it. False: it does not fit and never will.
    [[gnu::always_inline]] [[nodiscard]] bool room(std::size_t bytes) { return fits(bytes) || grow(bytes); }
    [[nodiscard]] bool fits(std::size_t bytes) const noexcept {
        return static_cast<std::size_t>(end_ - next_) >= bytes;
    }
    [[nodiscard]] bool grow(std::size_t bytes);
    void enter(char opening, std::uint32_t array) {
        raw({&opening, 1});
        first_ = true;
        arrays_ = arrays_ << 1 | array;
        if (++depth_ > depth_max) overflowed_ = true;
    }
    void piece(Plain text) { raw(text.text()); }
    void piece(std::string_view text) { escaped(text); }
    void text(std::string_view value);
    void escaped(std::string_view value);
    const char* copy_plain(const char* from, const char* end) noexcept;
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
    bool first_ = true;  // no member yet in the innermost object
    std::uint32_t depth_ = 0;
    std::uint32_t arrays_ = 0;  // a bit for each open array, 0 for an object; the innermost is the lowest
};

}  // namespace outrigger::logging
