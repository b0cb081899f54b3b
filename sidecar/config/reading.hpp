// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/text_format.hpp>

#include "sidecar/config/environment.hpp"
#include "sidecar/config/problem.hpp"
#include "sidecar/config/tree.hpp"

// What reader.hpp needs that does not depend on the type of a setting.
namespace outrigger::config {

// A scalar with the environment put in.
struct ScalarText {
    std::string text;
    std::string shown;       // for messages: in quotes, and where it came from
    bool replaced = false;   // the environment had a part in it
    bool quoted = false;
    Literal literal = Literal::text;   // what it looks like, if it is not quoted
};

// May a value of this notation be written so? A string is not a number, and a number is not a string.
[[nodiscard]] bool fits(Notation notation, const ScalarText& scalar) noexcept;
// Why not, with what to do about it.
[[nodiscard]] std::string misfit(Notation notation, const ScalarText& scalar, const std::string& expected);

// One reading of one configuration: collects what is wrong.
class Reading {
public:
    explicit Reading(const Environment& environment) : environment_{environment} {}

    void problem(std::string path, int line, std::string text);
    void not_built(std::string path, int line, std::string text);
    [[nodiscard]] std::size_t problem_count() const noexcept { return problems_.size(); }
    [[nodiscard]] std::size_t not_built_count() const noexcept { return not_built_.size(); }
    [[nodiscard]] bool is_full() const noexcept { return problems_.size() > problems_max; }
    // What is inside something that is not built need not be named as well.
    void forget_not_built_after(std::size_t count) { not_built_.resize(count); }

    // The text of a scalar; reports, and returns nothing, if there is none.
    [[nodiscard]] std::optional<ScalarText> scalar(const Node& node, const std::string& path,
                                                   const std::string& expected);

    // From now on this flag stands for the setting.
    void take_flag(std::string path, std::string flag) { flags_.emplace(std::move(path), std::move(flag)); }
    // Is anything known to be wrong with this setting, with a part of it, or with what it is part of?
    [[nodiscard]] bool is_bad(std::string_view path) const;
    // Was this setting written, in the file or as a flag?
    [[nodiscard]] bool is_written(const Node& root, const std::string& parent, std::string_view key) const;
    // Reports at the flag that stands for the setting, or else at its line.
    void contradiction(const Node& node, const std::string& parent, const std::string& key, std::string text);

    [[nodiscard]] std::vector<Problem> take_problems() { return std::move(problems_); }
    [[nodiscard]] std::vector<Problem> take_not_built() { return std::move(not_built_); }

private:
    const Environment& environment_;
    std::vector<Problem> problems_;
    std::vector<Problem> not_built_;
    std::map<std::string, std::string, std::less<>> flags_;   // path -> flag
};

// A key that a struct has.
struct KnownKey {
    std::string_view name;
    std::string_view kind;   // of the alternative that it belongs to; empty: it always belongs
};

// The keys of one mapping while a struct is read from it.
class MapReading {
public:
    MapReading(Reading& reading, const Node& node, const std::string& path, std::vector<KnownKey> known);

    // The entry of this key, which is thereby used; nullptr if it is not there.
    const Entry* take(std::string_view key);
    // Uses and returns every entry whose key the struct does not have.
    std::vector<const Entry*> take_others();
    // Reports every entry that nobody took.
    void refuse_rest();
    // Uses every key that belongs to some alternative.
    void take_alternatives();

    [[nodiscard]] std::string path_of(std::string_view key) const;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const Node& node() const noexcept { return node_; }
    Reading& reading;

private:
    [[nodiscard]] std::string unknown_text(const std::string& key) const;

    const Node& node_;
    const std::string& path_;
    std::vector<KnownKey> known_;
    std::vector<bool> taken_;
};

// "parent.key"
[[nodiscard]] std::string below(const std::string& parent, std::string_view key);
// "a, b or c", with " or " as the last separator
[[nodiscard]] std::string join(std::span<const std::string_view> words, std::string_view last);

}   // namespace outrigger::config
