// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/context.hpp>
#include "field_value.hpp"
#include "thread_facts.hpp"

#include <algorithm>
#include <cstddef>

namespace outrigger::logging {
namespace {

struct Piece {
    std::size_t begin = 0;
    std::size_t size = 0;
};

Piece added(std::vector<char>& text, std::string_view piece) {
    const Piece place{text.size(), piece.size()};
    text.insert(text.end(), piece.begin(), piece.end());
    return place;
}

std::string_view at(const std::vector<char>& text, Piece place) noexcept {
    return {text.data() + place.begin, place.size};
}

}   // namespace

OwnedFields::OwnedFields(std::span<const Field* const> fields) {
    std::vector<Piece> pieces;   // a name and a value in turn
    std::vector<char> scratch;
    for (const Field* const given : fields) {
        ErrorFields error;
        for (const Field& one : error.expanded(*given)) {
            pieces.push_back(added(text_, one.key().text()));
            pieces.push_back(added(text_, json_of(one, scratch)));
        }
    }
    fields_.reserve(pieces.size() / 2);
    for (std::size_t i = 0; i < pieces.size(); i += 2)
        fields_.emplace_back(Key{at(text_, pieces[i])}, Field::Kind::json, at(text_, pieces[i + 1]));
}

Context::Context(std::span<const Field* const> fields)
    : owned_{fields}, fields_{owned_.all()}, outer_{ThreadFacts::of_this_thread().context} {
    ThreadFacts::of_this_thread().context = this;
}

Context::Context() noexcept : outer_{ThreadFacts::of_this_thread().context} {
    ThreadFacts::of_this_thread().context = this;
}

Context::~Context() { ThreadFacts::of_this_thread().context = outer_; }

TraceContext::TraceContext(const Ids& ids, Lasting) noexcept
    : present_{field("trace.id", nullptr), field("span.id", nullptr), field("http.request.id", nullptr)}, outer_{current()} {
    enter(ids);
}

TraceContext::TraceContext(const Ids& ids) noexcept : TraceContext{{}, Lasting::yes} {
    const auto copied = [](std::string_view id, auto& into) {
        return std::string_view{into.data(), id.copy(into.data(), into.size())};
    };
    enter({.trace = copied(ids.trace, trace_), .span = copied(ids.span, span_), .request = copied(ids.request, request_)});
}

void TraceContext::enter(const Ids& lasting) noexcept {
    ThreadFacts& facts = ThreadFacts::of_this_thread();
    std::size_t count = 0;
    const auto add = [&](Key key, std::string_view id, std::string_view& current) {
        if (id.empty()) return;
        current = id;
        present_[count++] = field(key, id);
    };
    add("trace.id", lasting.trace, facts.trace);
    add("span.id", lasting.span, facts.span);
    add("http.request.id", lasting.request, facts.request);
    show({present_.data(), count});
}

TraceContext::~TraceContext() {
    ThreadFacts& facts = ThreadFacts::of_this_thread();
    facts.trace = outer_.trace;
    facts.span = outer_.span;
    facts.request = outer_.request;
}

TraceContext::Ids TraceContext::current() noexcept {
    const ThreadFacts& facts = ThreadFacts::of_this_thread();
    return {.trace = facts.trace, .span = facts.span, .request = facts.request};
}

}   // namespace outrigger::logging
