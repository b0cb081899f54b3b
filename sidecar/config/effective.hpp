// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <outrigger/core/describe.hpp>

#include "sidecar/config/tree.hpp"
#include "sidecar/config/url.hpp"

// The visitor that turns settings into a tree with every value, in the order of their descriptions. Secrets
// are hidden.
namespace outrigger::config {

// A scalar in the notation that its type asks for.
template <Textual T>
[[nodiscard]] Node scalar_node(const T& value) {
    Node node{.kind = Node::Kind::scalar};
    if constexpr (Redactable<T>)
        node.text = TextFormat<T>::redacted(value);
    else
        node.text = TextFormat<T>::print(value);
    constexpr Notation notation = TextFormat<T>::notation;
    node.quoted =
        notation == Notation::text || (notation != Notation::boolean && notation != Notation::integer &&
                                       literal_of(node.text) != Literal::number);
    return node;
}

class EffectiveWriter {
public:
    explicit EffectiveWriter(Node& map) : map_{map} {}

    template <class T, class... Options>
    void operator()(std::string_view name, const T& value, std::string_view /*help*/, const Options&...) {
        Node node = node_of(value);
        if constexpr (has_option<Secret, Options...>)
            if (!node.text.empty()) node.text = redaction_mark;
        add(name, std::move(node));
    }
    template <class T, class... Options>
    void operator()(Entries, const NamedMap<T>& values, std::string_view /*help*/, const Options&...) {
        for (const auto& [name, value] : values) add(name, node_of(value));
    }
    template <class... Alternatives>
    void operator()(Choice, const std::variant<Alternatives...>& value, std::string_view /*help*/) {
        std::visit([this](const auto& alternative) { describe(alternative, *this); }, value);
    }

    template <class T>
    [[nodiscard]] static Node node_of(const T& value) {
        if constexpr (Textual<T>) {
            return scalar_node(value);
        } else if constexpr (IsOptional<T>) {
            return value ? node_of(*value) : Node{};
        } else if constexpr (IsVariant<T>) {
            return std::visit([](const auto& form) { return node_of(form); }, value);
        } else if constexpr (IsList<T>) {
            Node node{.kind = Node::Kind::list};
            for (const auto& item : value) node.items.push_back(node_of(item));
            return node;
        } else {
            Node node{.kind = Node::Kind::map};
            EffectiveWriter writer{node};
            if constexpr (IsNamedMap<T>)
                writer(entries, value, {});
            else
                describe(value, writer);
            return node;
        }
    }

private:
    void add(std::string_view name, Node node) {
        map_.entries.push_back({std::string{name}, 0, std::move(node)});
    }

    Node& map_;
};

}   // namespace outrigger::config
