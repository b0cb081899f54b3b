// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/reading.hpp"

#include <algorithm>
#include <utility>

#include <outrigger/core/utf8.hpp>

#include "sidecar/config/nearest.hpp"

namespace outrigger::config {
namespace {

// Is `inner` the path `outer`, or below it?
bool is_within(std::string_view inner, std::string_view outer) {
    if (!inner.starts_with(outer)) return false;
    return inner.size() == outer.size() || outer.empty() || inner[outer.size()] == '.' ||
           inner[outer.size()] == '[';
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        if (!step.valid) return false;
        text.remove_prefix(step.length);
    }
    return true;
}

}   // namespace

bool fits(Notation notation, const ScalarText& scalar) noexcept {
    if (scalar.replaced) return true;
    switch (notation) {
        case Notation::text: return scalar.quoted || scalar.literal == Literal::text;
        case Notation::boolean:
        case Notation::integer: return !scalar.quoted;
        case Notation::text_or_integer:
        case Notation::text_or_number: return scalar.quoted || scalar.literal != Literal::boolean;
    }
    return false;
}

std::string misfit(Notation notation, const ScalarText& scalar, const std::string& expected) {
    if (notation == Notation::boolean || notation == Notation::integer)
        return "found the text " + scalar.shown + ", expected " + expected + " without quotes";
    const std::string_view what = scalar.literal == Literal::boolean ? "the truth value " : "the number ";
    return "found " + std::string{what} + scalar.text + ", expected " + expected + ": put it in quotes";
}

void Reading::problem(std::string path, int line, std::string text) {
    add_problem(problems_, {std::move(path), line, std::move(text)});
}

void Reading::not_built(std::string path, int line, std::string text) {
    not_built_.push_back({std::move(path), line, std::move(text)});
}

std::optional<ScalarText> Reading::scalar(const Node& node, const std::string& path,
                                          const std::string& expected) {
    if (node.kind != Node::Kind::scalar) {
        problem(path, node.line, "found " + describe_found(node) + ", expected " + expected);
        return std::nullopt;
    }
    Substituted value = substitute(node.text, environment_);
    if (value.replaced && !is_utf8(value.text))
        value.error = "found bytes that are not UTF-8 in the environment";
    if (!value.error.empty()) {
        problem(path, node.line, std::move(value.error));
        return std::nullopt;
    }
    std::string shown = quote(value.text);
    if (value.replaced) shown += " (from " + quote(node.text) + ')';
    return ScalarText{std::move(value.text), std::move(shown), value.replaced, node.quoted,
                      node.quoted ? Literal::text : literal_of(node.text)};
}

bool Reading::is_bad(std::string_view path) const {
    const auto flag = flags_.find(path);
    return std::any_of(problems_.begin(), problems_.end(), [&](const Problem& problem) {
        if (flag != flags_.end() && problem.path == flag->second) return true;
        return is_within(problem.path, path) || (!problem.path.empty() && is_within(path, problem.path));
    });
}

namespace {

// Where this key, or the short form that it is part of, was written.
const Node* written_at(const Node& root, std::string_view key) {
    if (const Node* place = root.at(key)) return place;
    const std::size_t dot = key.rfind('.');
    const Node* whole = dot == std::string_view::npos ? nullptr : root.at(key.substr(0, dot));
    return whole && whole->kind == Node::Kind::scalar ? whole : nullptr;
}

}   // namespace

bool Reading::is_written(const Node& root, const std::string& parent, std::string_view key) const {
    return written_at(root, key) != nullptr || flags_.contains(below(parent, key));
}

void Reading::contradiction(const Node& node, const std::string& parent, const std::string& key,
                            std::string text) {
    const std::string path = below(parent, key);
    if (const auto flag = flags_.find(path); flag != flags_.end())
        return problem(flag->second, 0, std::move(text));
    const Node* place = written_at(node, key);
    problem(path, place ? place->line : node.line, std::move(text));
}

MapReading::MapReading(Reading& shared, const Node& node, const std::string& path,
                       std::vector<KnownKey> known)
    : reading{shared}, node_{node}, path_{path}, known_{std::move(known)}, taken_(node.entries.size()) {}

const Entry* MapReading::take(std::string_view key) {
    const Entry* entry = node_.find(key);
    if (entry) taken_[static_cast<std::size_t>(entry - node_.entries.data())] = true;
    return entry;
}

std::vector<const Entry*> MapReading::take_others() {
    std::vector<const Entry*> others;
    for (std::size_t i = 0; i < node_.entries.size(); ++i) {
        const Entry& entry = node_.entries[i];
        if (std::any_of(known_.begin(), known_.end(),
                        [&](const KnownKey& key) { return key.name == entry.key; }))
            continue;
        taken_[i] = true;
        others.push_back(&entry);
    }
    return others;
}

void MapReading::take_alternatives() {
    for (const KnownKey& key : known_)
        if (!key.kind.empty()) take(key.name);
}

void MapReading::refuse_rest() {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        const Entry& entry = node_.entries[i];
        if (!taken_[i]) reading.problem(path_of(entry.key), entry.line, unknown_text(entry.key));
    }
}

std::string MapReading::unknown_text(const std::string& key) const {
    std::vector<std::string_view> names;
    for (const KnownKey& known : known_) {
        if (known.name == key) return "this key goes with " + std::string{known.kind} + ", which is not here";
        names.push_back(known.name);
    }
    const std::string_view near = nearest(key, names);
    if (!near.empty()) return "unknown key, did you mean " + std::string{near} + '?';
    return "unknown key, expected " + join(names, " or ");
}

std::string MapReading::path_of(std::string_view key) const { return below(path_, key); }

std::string below(const std::string& parent, std::string_view key) {
    if (parent.empty() || key.empty()) return parent + std::string{key};
    return parent + '.' + std::string{key};
}

std::string join(std::span<const std::string_view> words, std::string_view last) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text.append(i == 0 ? "" : i + 1 == words.size() ? last : ", ").append(words[i]);
    return text;
}

}   // namespace outrigger::config
