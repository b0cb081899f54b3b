// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::intake {

// Deeper values are refused. Elasticsearch takes 20 levels by default.
inline constexpr std::size_t depth_max = 32;

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

// One value of a tree. Texts are views of what was parsed: nothing is unescaped that need not be.
struct JsonNode {
    JsonKind kind = JsonKind::null;
    bool sound = true;            // a string: its text may be copied as it is. Else: append_repaired()
    bool sound_key = true;        // the same of the key
    bool left_out = false;        // not to be written: a later member has its name, or somebody has taken it
    std::uint32_t first = 0;      // the first child of an array or object; 0: there is none
    std::uint32_t next = 0;       // the next child of the same parent; 0: it is the last
    std::string_view key = {};    // of an object's member: between the quotes, as it came
    std::string_view name = {};   // the same without escapes
    std::string_view text = {};   // of a scalar; of a string what is between the quotes, as it came
};

// Why a text is not JSON, or not taken.
struct JsonFault {
    std::size_t at = 0;      // the byte, counted from 0
    std::string_view what;   // static: "expected a value"; empty: it is JSON
};

// Parses one JSON value (RFC 8259) into nodes that are kept between calls, so that in steady state nothing is
// allocated. Of members with one name the last one counts. Not thread-safe.
class JsonTree {
public:
    // The value that begins at text[at], blanks before it allowed. Moves `at` behind it. The views hold as long
    // as `text` does, and until the next call.
    [[nodiscard]] JsonFault parse(std::string_view text, std::size_t& at);

    [[nodiscard]] JsonNode& root() noexcept { return nodes_[1]; }
    [[nodiscard]] JsonNode& node(std::uint32_t index) noexcept { return nodes_[index]; }

    // Calls visit(JsonNode&) for each child that is not left out.
    template <class Visit>
    void each(const JsonNode& parent, Visit&& visit) {
        for (std::uint32_t index = parent.first; index != 0;) {
            JsonNode& child = nodes_[index];
            index = child.next;
            if (!child.left_out) visit(child);
        }
    }
    // The member of this name that counts, or null.
    [[nodiscard]] JsonNode* find(const JsonNode& object, std::string_view name) noexcept;

private:
    class Parser;
    void leave_out_repeated(const JsonNode& object);

    std::vector<JsonNode> nodes_;
    std::deque<std::string> names_;        // those that had escapes
    std::vector<std::uint32_t> by_name_;   // for leave_out_repeated()
};

// Skips blanks.
[[nodiscard]] std::size_t behind_blanks(std::string_view text, std::size_t at) noexcept;

// A string's text that is not sound: what is no UTF-8, and halves of surrogate pairs, become U+FFFD.
void append_repaired(std::string& out, std::string_view text);
// What a string's text stands for, in UTF-8.
void append_unescaped(std::string& out, std::string_view text);
// Any bytes as a string's text.
void append_escaped(std::string& out, std::string_view bytes);

}   // namespace outrigger::intake
