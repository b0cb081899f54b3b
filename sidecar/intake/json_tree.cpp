// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/json_tree.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <outrigger/core/utf8.hpp>
#include <outrigger/logging/plain_blocks.hpp>

namespace outrigger::intake {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// The bytes that need no look, sixteen at a time.
std::size_t behind_plain(std::string_view text, std::size_t at) noexcept {
    using logging::Sixteen;
    for (; text.size() - at >= sizeof(Sixteen); at += sizeof(Sixteen)) {
        Sixteen block;
        std::memcpy(&block, text.data() + at, sizeof block);
        logging::PlainBlocks<Sixteen> blocks;
        blocks.add(block);
        if (!blocks.all_plain()) break;
    }
    return at;
}

// Four hexadecimal digits.
std::optional<unsigned> code_unit(std::string_view text, std::size_t at) noexcept {
    if (text.size() < at + 4) return std::nullopt;
    unsigned value = 0;
    for (const char c : text.substr(at, 4)) {
        unsigned digit = 0;
        if (is_digit(c))
            digit = static_cast<unsigned>(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = static_cast<unsigned>(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = static_cast<unsigned>(c - 'A') + 10;
        else
            return std::nullopt;
        value = value * 16 + digit;
    }
    return value;
}

bool is_high_half(unsigned unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_half(unsigned unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

// A \uXXXX, or two of them that are a pair. The text is valid JSON and begins with a backslash and u.
struct CodePoint {
    unsigned value = 0;
    std::size_t length = 6;
    bool sound = true;   // false: half of a pair
};
CodePoint code_point(std::string_view text) noexcept {
    const unsigned unit = code_unit(text, 2).value_or(0);
    if (is_low_half(unit)) return {unit, 6, false};
    if (!is_high_half(unit)) return {unit, 6, true};
    if (text.size() < 12 || text[6] != '\\' || text[7] != 'u') return {unit, 6, false};
    const unsigned low = code_unit(text, 8).value_or(0);
    if (!is_low_half(low)) return {unit, 6, false};
    return {0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), 12, true};
}

void append_utf8(std::string& out, unsigned value) {
    const auto byte = [&out](unsigned bits) { out += static_cast<char>(bits); };
    if (value < 0x80) return byte(value);
    if (value < 0x800) {
        byte(0xc0 | value >> 6);
    } else if (value < 0x10000) {
        byte(0xe0 | value >> 12);
        byte(0x80 | (value >> 6 & 0x3f));
    } else {
        byte(0xf0 | value >> 18);
        byte(0x80 | (value >> 12 & 0x3f));
        byte(0x80 | (value >> 6 & 0x3f));
    }
    byte(0x80 | (value & 0x3f));
}

char unescaped(char c) noexcept {
    switch (c) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return c;
    }
}

}   // namespace

std::size_t behind_blanks(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_blank(text[at])) ++at;
    return at;
}

void append_repaired(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::size_t length = 1;
        bool sound = true;
        if (text[0] == '\\' && text[1] == 'u') {
            const CodePoint point = code_point(text);
            length = point.length;
            sound = point.sound;
        } else if (text[0] == '\\') {
            length = 2;
        } else {
            const Utf8Step step = utf8_step(text);
            length = step.length;
            sound = step.valid;
        }
        out += sound ? text.substr(0, length) : utf8_replacement;
        text.remove_prefix(length);
    }
}

void append_unescaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t plain = std::min(text.find('\\'), text.size());
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) return;
        if (text[1] == 'u') {
            const CodePoint point = code_point(text);
            point.sound ? append_utf8(out, point.value) : void(out += utf8_replacement);
            text.remove_prefix(point.length);
        } else {
            out += unescaped(text[1]);
            text.remove_prefix(2);
        }
    }
}

void append_escaped(std::string& out, std::string_view bytes) {
    static constexpr std::string_view hex = "0123456789abcdef";
    while (!bytes.empty()) {
        const auto c = static_cast<unsigned char>(bytes[0]);
        std::size_t length = 1;
        if (c == '"' || c == '\\') {
            out += '\\';
            out += bytes[0];
        } else if (c < 0x20) {
            out += "\\u00";
            out += hex[c >> 4];
            out += hex[c & 15];
        } else {
            const Utf8Step step = utf8_step(bytes);
            length = step.length;
            out += step.valid ? bytes.substr(0, length) : utf8_replacement;
        }
        bytes.remove_prefix(length);
    }
}

class JsonTree::Parser {
public:
    Parser(JsonTree& tree, std::string_view text, std::size_t at) noexcept
        : tree_{tree}, text_{text}, at_{at} {}

    bool value(std::uint32_t into, std::size_t depth) {
        at_ = behind_blanks(text_, at_);
        switch (peek()) {
            case '{':
                return depth < depth_max ? object(into, depth + 1) : fail("nested deeper than 32 levels");
            case '[':
                return depth < depth_max ? array(into, depth + 1) : fail("nested deeper than 32 levels");
            case '"': return text_value(into);
            case 't': return word(into, "true", JsonKind::boolean);
            case 'f': return word(into, "false", JsonKind::boolean);
            case 'n': return word(into, "null", JsonKind::null);
            default: return number(into);
        }
    }
    [[nodiscard]] std::size_t at() const noexcept { return at_; }
    [[nodiscard]] JsonFault fault() const noexcept { return {at_, what_}; }

private:
    [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    [[nodiscard]] bool take(char c) noexcept {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    bool fail(std::string_view what) noexcept {
        what_ = at_ >= text_.size() ? "it ends too early" : what;
        return false;
    }
    [[nodiscard]] JsonNode& node(std::uint32_t index) noexcept { return tree_.nodes_[index]; }
    [[nodiscard]] std::uint32_t add(std::uint32_t parent, std::uint32_t before) {
        const auto index = static_cast<std::uint32_t>(tree_.nodes_.size());
        tree_.nodes_.emplace_back();
        (before == 0 ? node(parent).first : node(before).next) = index;
        return index;
    }

    bool object(std::uint32_t into, std::size_t depth) {
        ++at_;
        node(into).kind = JsonKind::object;
        at_ = behind_blanks(text_, at_);
        if (take('}')) return true;
        for (std::uint32_t last = 0;;) {
            at_ = behind_blanks(text_, at_);
            if (peek() != '"') return fail("expected a member's name in quotes");
            last = add(into, last);
            if (!key(last)) return false;
            at_ = behind_blanks(text_, at_);
            if (!take(':')) return fail("expected a colon");
            if (!value(last, depth)) return false;
            at_ = behind_blanks(text_, at_);
            if (take('}')) break;
            if (!take(',')) return fail("expected a comma or the object's end");
        }
        tree_.leave_out_repeated(node(into));
        return true;
    }
    bool array(std::uint32_t into, std::size_t depth) {
        ++at_;
        node(into).kind = JsonKind::array;
        at_ = behind_blanks(text_, at_);
        if (take(']')) return true;
        for (std::uint32_t last = 0;;) {
            last = add(into, last);
            if (!value(last, depth)) return false;
            at_ = behind_blanks(text_, at_);
            if (take(']')) return true;
            if (!take(',')) return fail("expected a comma or the array's end");
        }
    }

    struct Quoted {
        std::string_view text;
        bool sound = true;
        bool escaped = false;
    };
    // At the quote that begins it.
    bool quoted(Quoted& out) {
        const std::size_t begin = ++at_;
        for (;;) {
            at_ = behind_plain(text_, at_);
            if (at_ >= text_.size()) return fail({});
            const auto c = static_cast<unsigned char>(text_[at_]);
            if (c == '"') break;
            if (c == '\\') {
                out.escaped = true;
                if (!escape(out)) return false;
            } else if (c < 0x20) {
                return fail("a control character in a text must be escaped");
            } else if (c >= 0x80) {
                const Utf8Step step = utf8_step(text_.substr(at_));
                out.sound = out.sound && step.valid;
                at_ += step.length;
            } else {
                ++at_;
            }
        }
        out.text = text_.substr(begin, at_++ - begin);
        return true;
    }
    bool escape(Quoted& out) {
        static constexpr std::string_view letters = "\"\\/bfnrt";
        const std::string_view rest = text_.substr(at_);
        if (rest.size() > 1 && letters.find(rest[1]) != std::string_view::npos) {
            at_ += 2;
            return true;
        }
        if (rest.size() < 2 || rest[1] != 'u' || !code_unit(rest, 2))
            return fail("an escape that JSON does not know");
        const CodePoint point = code_point(rest);
        out.sound = out.sound && point.sound;
        at_ += point.length;
        return true;
    }
    bool key(std::uint32_t into) {
        Quoted name;
        if (!quoted(name)) return false;
        JsonNode& member = node(into);
        member.key = member.name = name.text;
        member.sound_key = name.sound;
        if (name.escaped) {
            std::string& plain = tree_.names_.emplace_back();
            append_unescaped(plain, name.text);
            member.name = plain;
        }
        return true;
    }
    bool text_value(std::uint32_t into) {
        Quoted text;
        if (!quoted(text)) return false;
        JsonNode& value = node(into);
        value.kind = JsonKind::string;
        value.text = text.text;
        value.sound = text.sound;
        return true;
    }
    bool word(std::uint32_t into, std::string_view expected, JsonKind kind) {
        if (text_.substr(at_, expected.size()) != expected) return fail("expected a value");
        node(into).kind = kind;
        node(into).text = text_.substr(at_, expected.size());
        at_ += expected.size();
        return true;
    }
    bool digits() noexcept {
        const std::size_t begin = at_;
        while (is_digit(peek())) ++at_;
        return at_ > begin;
    }
    bool number(std::uint32_t into) {
        const std::size_t begin = at_;
        (void)take('-');
        if (!is_digit(peek())) return fail("expected a value");
        if (take('0')) {
            if (is_digit(peek())) return fail("a number does not begin with a zero");
        } else {
            (void)digits();
        }
        if (take('.') && !digits()) return fail("expected a digit");
        if (take('e') || take('E')) {
            if (!take('-')) (void)take('+');
            if (!digits()) return fail("expected a digit");
        }
        node(into).kind = JsonKind::number;
        node(into).text = text_.substr(begin, at_ - begin);
        return true;
    }

    JsonTree& tree_;
    std::string_view text_;
    std::size_t at_;
    std::string_view what_;
};

JsonFault JsonTree::parse(std::string_view text, std::size_t& at) {
    nodes_.clear();
    names_.clear();
    nodes_.resize(2);   // 0 is nobody's index, 1 the root's
    Parser parser{*this, text, at};
    const bool parsed = parser.value(1, 0);
    at = parser.at();
    return parsed ? JsonFault{at, {}} : parser.fault();
}

JsonNode* JsonTree::find(const JsonNode& object, std::string_view name) noexcept {
    JsonNode* found = nullptr;
    if (object.kind == JsonKind::object)
        each(object, [&](JsonNode& member) {
            if (member.name == name) found = &member;
        });
    return found;
}

void JsonTree::leave_out_repeated(const JsonNode& object) {
    std::size_t members = 0;
    for (std::uint32_t index = object.first; index != 0; index = nodes_[index].next) {
        // So few that comparing each with all others is quicker than sorting.
        if (++members > 24) break;
        for (std::uint32_t other = nodes_[index].next; other != 0; other = nodes_[other].next)
            if (nodes_[other].name == nodes_[index].name) nodes_[index].left_out = true;
    }
    if (members <= 24) return;
    by_name_.clear();
    for (std::uint32_t index = object.first; index != 0; index = nodes_[index].next)
        by_name_.push_back(index);
    std::sort(by_name_.begin(), by_name_.end(), [&](std::uint32_t a, std::uint32_t b) {
        return nodes_[a].name != nodes_[b].name ? nodes_[a].name < nodes_[b].name : a < b;
    });
    for (std::size_t i = 1; i < by_name_.size(); ++i)
        if (nodes_[by_name_[i]].name == nodes_[by_name_[i - 1]].name) nodes_[by_name_[i - 1]].left_out = true;
}

}   // namespace outrigger::intake
