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

// Fields of the ids that are there.
class IdFields {
public:
    explicit IdFields(const TraceContext::Ids& ids)
        : all_{field("trace.id", ids.trace), field("span.id", ids.span), field("http.request.id", ids.request)} {
        for (const Field& one : all_)
            if (!one.text().empty()) present_[count_++] = &one;
    }
    [[nodiscard]] std::span<const Field* const> present() const noexcept { return {present_.data(), count_}; }

private:
    std::array<Field, 3> all_;
    std::array<const Field*, 3> present_{};
    std::size_t count_ = 0;
};

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
    : fields_{fields}, outer_{ThreadFacts::of_this_thread().context} {
    ThreadFacts::of_this_thread().context = this;
}

Context::~Context() { ThreadFacts::of_this_thread().context = outer_; }

TraceContext::TraceContext(const Ids& ids) : Context{IdFields{ids}.present()}, outer_{current()} {
    ThreadFacts& facts = ThreadFacts::of_this_thread();
    const auto enter = [](std::string_view id, auto& copy, std::string_view& current) {
        if (!id.empty()) current = {copy.data(), id.copy(copy.data(), copy.size())};
    };
    enter(ids.trace, trace_, facts.trace);
    enter(ids.span, span_, facts.span);
    enter(ids.request, request_, facts.request);
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
