// SPDX-License-Identifier: Apache-2.0
#include "record_text.hpp"

#include <outrigger/core/utf8.hpp>
#include <outrigger/logging/context.hpp>
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/json_writer.hpp>
#include "field_order.hpp"
#include "field_value.hpp"

#include <algorithm>
#include <array>

namespace outrigger::logging {
namespace {

struct Limits {
    std::size_t text = uncut;               // bytes of each text
    std::size_t fields = FieldOrder::most;
    bool truncated = false;                 // and say so
};

Plain vouched(std::string_view text) noexcept { return Plain::vouched(text); }

// Members whose names are paths: keeps the objects open that the next one shares.
class NestedMembers {
public:
    explicit NestedMembers(JsonWriter& json) noexcept : json_{json} {}

    void write(std::string_view path, const FieldOrder::Entry& entry, std::size_t most_text) {
        std::size_t depth = 0;
        for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
            const std::string_view step = path.substr(0, dot);
            if (depth >= depth_ || open_[depth] != step) {
                close_to(depth);
                json_.open(vouched(step));
                open_[depth_++] = step;
            }
            ++depth;
            path.remove_prefix(dot + 1);
        }
        close_to(depth);
        if (entry.redacted)
            json_.plain(vouched(path), Redaction::blot);
        else
            write_value(json_, vouched(path), *entry.field, most_text);
    }
    void close_to(std::size_t depth) {
        for (; depth_ > depth; --depth_) json_.close();
    }

private:
    JsonWriter& json_;
    std::array<std::string_view, Key::most_steps> open_;
    std::size_t depth_ = 0;
};

void add_context(FieldOrder& order, const Context* context) noexcept {
    if (context == nullptr) return;
    add_context(order, context->outer());
    for (const Field& field : context->fields()) order.add(field);
}

std::string_view file_of(const std::source_location& origin) noexcept {
    const std::string_view path = origin.file_name();
    return path.substr(path.rfind('/') + 1);   // with npos + 1: all of it
}

// The log object: which logger, and from where in the source.
void log_members(JsonWriter& json, const RecordDraft& draft, const Limits& limits) {
    if (draft.origin == nullptr) {
        if (!draft.constants.log.empty()) json.members(draft.constants.log);
        return;
    }
    json.open("log");
    if (!draft.constants.logger.empty()) json.members(draft.constants.logger);
    json.open("origin");
    json.open("file");
    json.field("name", utf8_cut(file_of(*draft.origin), limits.text));
    json.field("line", draft.origin->line());
    json.close();
    json.field("function", utf8_cut(draft.origin->function_name(), limits.text));
    json.close();
    json.close();
}

// The object event comes last; the logger's dataset stands unless the record has one of its own.
void members(JsonWriter& json, const FieldOrder& order, const RecordConstants& constants, std::size_t most_text) {
    constexpr std::string_view event = "event.";
    NestedMembers nested{json};
    auto entry = order.entries().begin();
    const auto end = order.entries().end();
    for (; entry != end && (entry->traits & Key::of_event) == 0; ++entry) nested.write(entry->name(), *entry, most_text);
    nested.close_to(0);
    json.open("event");
    const bool own_dataset =
        std::any_of(entry, end, [](const FieldOrder::Entry& one) { return one.name() == "event.dataset"; });
    if (!own_dataset) json.members(constants.event);
    for (; entry != end; ++entry) nested.write(entry->name().substr(event.size()), *entry, most_text);
}

RecordText written(const RecordDraft& draft, std::span<char> buffer, const Limits& limits) noexcept {
    const Field thread{"process.thread.name", Field::Kind::json, draft.thread.thread_name(draft.at)};
    const Field truncated{"outrigger.truncated", true};
    ErrorFields error;
    FieldOrder order{draft.redaction};
    order.add(thread);
    add_context(order, draft.thread.context);
    for (const Field& field : draft.bound) order.add(field);
    for (const Field* const field : draft.given.first(std::min(draft.given.size(), limits.fields)))
        for (const Field& one : error.expanded(*field)) order.add(one);
    if (limits.truncated) order.add(truncated);
    order.arrange();

    JsonWriter json{buffer};
    begin_ecs(json, draft.thread.timestamp.write(draft.at), draft.level, utf8_cut(draft.message, limits.text));
    if (!draft.constants.service.empty()) json.members(draft.constants.service);
    log_members(json, draft, limits);
    members(json, order, draft.constants, limits.text);
    return {json.finish(), limits.truncated || order.left_out()};
}

}   // namespace

RecordText write_record(const RecordDraft& draft, std::span<char> buffer) noexcept {
    const RecordText record = written(draft, buffer, {});
    return record.truncated ? RecordText{} : record;
}

RecordText write_truncated_record(const RecordDraft& draft, std::span<char> buffer) noexcept {
    Limits limits{.truncated = true};
    for (;;) {
        const RecordText record = written(draft, buffer, limits);
        if (!record.line.empty() || limits.fields == 0) return record;
        limits.text = std::min(limits.text, buffer.size()) / 2;
        if (limits.text < 64) limits.fields /= 2;
    }
}

}   // namespace outrigger::logging
