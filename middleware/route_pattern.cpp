// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/route_pattern.hpp>

#include <algorithm>
#include <cstddef>

namespace outrigger::middleware {
namespace {

bool begins_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_name(char c) noexcept { return begins_name(c) || (c >= '0' && c <= '9') || c == '-'; }
bool repeats(char c) noexcept { return c == '+' || c == '*' || c == '?'; }

// Walks along a pattern once and writes what it stands for.
class Reader {
public:
    explicit Reader(std::string_view pattern) : rest_{pattern} {}

    std::string read() {
        while (!rest_.empty()) step();
        return std::move(text_);
    }

private:
    void step() {
        const char c = rest_.front();
        const bool segment = text_.ends_with('/');
        if (segment && c == ':' && rest_.size() > 1 && begins_name(rest_[1])) return named(1, name_size(1));
        if (segment && c == '<' && rest_.find('>') != std::string_view::npos) return named(1, rest_.find('>') - 1, 1);
        if (c == '{' && rest_.find('}') != std::string_view::npos) return braces(rest_.find('}') + 1);
        if (c == '(') return placeholder(group_size());
        if (c == '[') return placeholder(class_size(rest_));
        if (c == '\\' && rest_.size() > 1) return escaped();
        if (c == '.' && rest_.size() > 1 && repeats(rest_[1])) return placeholder(1);
        if (c == '^' || c == '$' || repeats(c)) return skip(1);
        text_ += c;
        skip(1);
    }

    void skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }

    std::size_t name_size(std::size_t from) const {
        const auto* const end = std::find_if_not(rest_.begin() + static_cast<std::ptrdiff_t>(from), rest_.end(), in_name);
        return static_cast<std::size_t>(end - rest_.begin()) - from;
    }
    void named(std::size_t from, std::size_t size, std::size_t behind = 0) {
        text_.append("{").append(rest_.substr(from, size)).append("}");
        skip(from + size + behind);
    }

    // A parameter that is in our form already, or how often something repeats: "{3}", "{2,}".
    void braces(std::size_t size) {
        if (size > 2 && !begins_name(rest_[1])) return skip(size);
        text_.append(rest_.substr(0, size));
        skip(size);
    }

    void escaped() {
        const char c = rest_[1];
        if (c == 'd' || c == 'w' || c == 's' || c == 'D' || c == 'W' || c == 'S') return placeholder(2);
        text_ += c;
        skip(2);
    }

    // Up to the bracket that closes this class.
    static std::size_t class_size(std::string_view from) {
        std::size_t i = 1;
        if (i < from.size() && from[i] == '^') ++i;
        if (i < from.size() && from[i] == ']') ++i;   // the first one is a member
        for (; i < from.size() && from[i] != ']'; ++i)
            if (from[i] == '\\') ++i;
        return std::min(i + 1, from.size());
    }
    // Up to the parenthesis that closes this group.
    std::size_t group_size() const {
        std::size_t depth = 0;
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            if (rest_[i] == '\\') {
                ++i;
            } else if (rest_[i] == '[') {
                i += class_size(rest_.substr(i)) - 1;
            } else if (rest_[i] == '(') {
                ++depth;
            } else if (rest_[i] == ')' && --depth == 0) {
                return i + 1;
            }
        }
        return rest_.size();
    }

    // What so many bytes stand for, with their repetition.
    void placeholder(std::size_t size) {
        std::string_view what = rest_.substr(0, size);
        skip(size);
        while (!rest_.empty() && repeats(rest_.front())) skip(1);
        while (what.starts_with('(') && what.ends_with(')')) what = what.substr(1, what.size() - 2);
        if (what.starts_with("?:")) what.remove_prefix(2);
        const std::string_view once = what.substr(0, what.find_last_not_of("+*?") + 1);
        if (once == "\\d" || once == "[0-9]" || once == "[\\d]")
            text_ += "{id}";
        else if (once == ".")
            text_ += "{path}";
        else
            text_ += "{value}";
    }

    std::string_view rest_;
    std::string text_;
};

}   // namespace

std::string route_of_pattern(std::string_view pattern) { return Reader{pattern}.read(); }

}   // namespace outrigger::middleware
