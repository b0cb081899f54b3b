// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/yaml_parser.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

#include <outrigger/core/utf8.hpp>

namespace outrigger::config {
namespace {

// Thrown through the YAML parser when going on makes no sense; its problem has been noted.
struct Stopped {};

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

// Turns the parser's events into a tree and notes what settings may not contain.
class TreeBuilder final : public YAML::EventHandler {
public:
    explicit TreeBuilder(std::string_view source) : source_{source} {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1)
            stop(line_of(mark),
                 "found text after the end of the settings, expected one document and nothing after it");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(scalar(mark, "?", anchor, Node::Kind::nothing));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        Node node = scalar(mark, "?", 0, Node::Kind::nothing);
        refuse(node, "found an alias, expected the value itself: aliases are refused");
        add(std::move(node));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Node node = scalar(mark, tag, anchor, Node::Kind::scalar);
        node.quoted = tag == "!";
        node.text = value;
        if (node.quoted && !is_closed(mark)) stop(node.line, "found a quote that is never closed");
        add(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        open(scalar(mark, tag, anchor, Node::Kind::list), style);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        open(scalar(mark, tag, anchor, Node::Kind::map), style);
    }
    void OnMapEnd() override { close(); }

    [[nodiscard]] bool inside_brackets() const {
        return std::any_of(open_.begin(), open_.end(), [](const Frame& frame) { return frame.brackets; });
    }
    ParsedYaml result;

private:
    struct Frame {
        Node node;
        bool brackets = false;                 // written with [ ] or { }
        std::optional<std::string> key = {};   // of a map: read, its value not yet
        int key_line = 0;
        bool key_refused = false;
        std::unordered_map<std::string, int> lines = {};   // of the keys so far
    };

    // A node without content; what decorates it is checked here.
    Node scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
        Node node{.kind = kind, .line = line_of(mark)};
        if (++nodes_ > nodes_max) stop(node.line, "found more than 65536 values, expected a configuration");
        if (anchor != 0) refuse(node, "found an anchor, expected a plain value: anchors are refused");
        if (!tag.empty() && tag != "?" && tag != "!")
            refuse(node, "found the tag " + quote(tag) + ", expected a plain value: tags are refused");
        return node;
    }
    void open(Node node, YAML::EmitterStyle::value style) {
        if (open_.size() == depth_max) stop(node.line, "found more than 32 levels of nesting");
        open_.push_back({.node = std::move(node), .brackets = style == YAML::EmitterStyle::Flow});
    }
    void close() {
        Node node = std::move(open_.back().node);
        open_.pop_back();
        add(std::move(node));
    }
    void add(Node node) {
        if (open_.empty()) {
            result.root = std::move(node);
        } else if (Frame& frame = open_.back(); frame.node.kind == Node::Kind::list) {
            frame.node.items.push_back(std::move(node));
        } else if (!frame.key) {
            take_key(frame, node);
        } else {
            // The parser marks a value that is left out where the next thing begins.
            if (node.kind == Node::Kind::nothing) node.line = frame.key_line;
            if (!frame.key_refused)
                frame.node.entries.push_back({std::move(*frame.key), frame.key_line, std::move(node)});
            frame.key.reset();
        }
    }
    void take_key(Frame& frame, const Node& node) {
        frame.key_line = node.line;
        frame.key_refused = true;
        if (node.refused) {
            frame.key = std::string{};
        } else if (node.kind != Node::Kind::scalar) {
            note(node.line, "found " + describe_found(node) + " as a key, expected text");
            frame.key = std::string{};
        } else {
            frame.key = node.text;
            if (!node.quoted && node.text == "<<")
                note(node.line, "found a merge key, expected the keys themselves: merge keys are refused");
            else if (const auto [first, added] = frame.lines.emplace(node.text, node.line); !added)
                note(node.line,
                     "found the key a second time, the first is in line " + std::to_string(first->second));
            else
                frame.key_refused = false;
        }
    }
    // The parser takes a quoted text whose closing quote is missing. Its mark counts bytes, without a byte
    // order mark.
    [[nodiscard]] bool is_closed(const YAML::Mark& mark) const {
        auto at = static_cast<std::size_t>(mark.pos);
        if (at >= source_.size()) return true;
        const char sign = source_[at];
        if (sign != '\'' && sign != '"') return true;   // a block scalar
        for (++at; at < source_.size(); ++at) {
            if (source_[at] == '\\' && sign == '"')
                ++at;
            else if (source_[at] != sign)
                continue;
            else if (sign == '\'' && source_.substr(at + 1).starts_with('\''))
                ++at;
            else
                return true;
        }
        return false;
    }
    [[nodiscard]] std::string path() const {
        std::string path;
        for (const Frame& frame : open_) {
            if (frame.node.kind == Node::Kind::list)
                path += '[' + std::to_string(frame.node.items.size()) + ']';
            else if (frame.key)
                path.append(path.empty() ? "" : ".").append(*frame.key);
        }
        return path;
    }
    void note(int line, std::string text) { add_problem(result.problems, {path(), line, std::move(text)}); }
    void refuse(Node& node, std::string text) {
        note(node.line, std::move(text));
        node.refused = true;
    }
    [[noreturn]] void stop(int line, std::string text) {
        note(line, std::move(text));
        throw Stopped{};
    }

    std::string_view source_;
    std::vector<Frame> open_;
    std::size_t nodes_ = 0;
    int documents_ = 0;
};

// What no text file contains; the first one only, since the rest would be noise.
std::optional<Problem> bad_character(std::string_view text) {
    int line = 1;
    while (!text.empty()) {
        const char c = text.front();
        const Utf8Step step = utf8_step(text);
        if (!step.valid) return Problem{{}, line, "found a byte that is not UTF-8, expected text in UTF-8"};
        if (c == '\0') return Problem{{}, line, "found a NUL byte, expected text"};
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return Problem{
                {}, line, "found the control character " + quote(text.substr(0, 1)) + ", expected text"};
        if (c == '\n') ++line;
        text.remove_prefix(step.length);
    }
    return std::nullopt;
}

std::string_view line_at(std::string_view text, int line) {
    for (; line > 1; --line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

// A brace inside a word, as in /users/{id} or ${VAR}.
bool has_brace_in_word(std::string_view line) {
    for (std::size_t at = line.find('{', 1); at != std::string_view::npos; at = line.find('{', at + 1))
        if (std::string_view{" \t{[,:'\""}.find(line[at - 1]) == std::string_view::npos) return true;
    return false;
}

// What the author most likely meant to do, where that can be told.
std::string hint(std::string_view line, bool inside_brackets, const std::string& message) {
    if (inside_brackets && has_brace_in_word(line))
        return "; inside [ ] and { } quote values that contain braces, such as \"/users/{id}\" or \"${VAR}\"";
    if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos)
        return "; indent with spaces, not with tabs";
    if (message.find("anchor") != std::string::npos || message.find("alias") != std::string::npos ||
        message.find("unknown token") != std::string::npos)
        return "; quote text that begins with a sign, such as \"*.token\"";
    if (line.find("]:") != std::string_view::npos) return "; quote addresses such as \"[::1]:8080\"";
    if (message.find("map value") != std::string::npos)
        return "; check the indentation, and quote values that contain ': ' or end with ':'";
    return {};
}

Problem syntax_problem(std::string_view text, const YAML::Exception& error, bool inside_brackets) {
    const std::string message = printable(error.msg);   // some of yaml-cpp's messages quote bytes of the file
    if (error.mark.is_null()) return {{}, 0, "not YAML: " + message};
    const int line = line_of(error.mark);
    return {{},
            line,
            "not YAML: " + message + " (column " + std::to_string(error.mark.column + 1) + ')' +
                hint(line_at(text, line), inside_brackets, error.msg)};
}

}   // namespace

ParsedYaml parse_yaml(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);   // a byte order mark
    if (auto problem = bad_character(text)) return {.problems = {std::move(*problem)}, .whole = false};
    std::istringstream stream{std::string{text}};
    TreeBuilder builder{text};
    try {
        YAML::Parser parser{stream};
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Stopped&) {
        builder.result.whole = false;
    } catch (const YAML::Exception& error) {
        builder.result.problems.push_back(syntax_problem(text, error, builder.inside_brackets()));
        builder.result.whole = false;
    }
    return std::move(builder.result);
}

}   // namespace outrigger::config
