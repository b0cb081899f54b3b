// SPDX-License-Identifier: Apache-2.0
#include "record_text.hpp"

#include <outrigger/core/utf8.hpp>
#include <outrigger/logging/context.hpp>
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/logging/logger.hpp>
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
    NestedMembers(JsonWriter& json, std::size_t most_text) noexcept : json_{json}, most_text_{most_text} {}

    void write(std::string_view path, const FieldOrder::Entry& entry) {
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
        write_leaf(path, entry);
    }
    // A name of one step.
    void write_one(std::string_view name, const FieldOrder::Entry& entry) {
        close_to(0);
        write_leaf(name, entry);
    }
    void close_to(std::size_t depth) {
        for (; depth_ > depth; --depth_) json_.close();
    }

private:
    void write_leaf(std::string_view name, const FieldOrder::Entry& entry) {
        if (entry.redacted)
            json_.plain(vouched(name), Redaction::blot);
        else
            write_value(json_, vouched(name), *entry.field, most_text_);
    }

    JsonWriter& json_;
    const std::size_t most_text_;
    std::array<std::string_view, Key::most_steps> open_;
    std::size_t depth_ = 0;
};

void add_context(FieldOrder& order, const Context* context) noexcept {
    if (context == nullptr) return;
    add_context(order, context->outer());
    for (const Field& field : context->fields()) order.add(field);
}

std::string_view file_of(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);   // with npos + 1: all of it
}

void origin_members(JsonWriter& json, std::string_view path, std::uint32_t line, std::string_view function,
                    const Limits& limits) {
    json.open("origin");
    json.open("file");
    json.field("name", utf8_cut(file_of(path), limits.text));
    json.field("line", line);
    json.close();
    if (!function.empty()) json.field("function", utf8_cut(function, limits.text));
    json.close();
}

void relayed_log_members(JsonWriter& json, const RecordDraft& draft, const Limits& limits) {
    const Relayed& said = *draft.relayed;
    if (said.logger.empty() && draft.constants.logger.empty() && said.file.empty()) return;
    json.open("log");
    if (!said.logger.empty())
        json.field("logger", utf8_cut(said.logger, limits.text));
    else if (!draft.constants.logger.empty())
        json.members(draft.constants.logger);
    if (!said.file.empty()) origin_members(json, said.file, said.line, said.function, limits);
    json.close();
}

// The log object: which logger, and from where in the source.
void log_members(JsonWriter& json, const RecordDraft& draft, const Limits& limits) {
    if (draft.relayed != nullptr) return relayed_log_members(json, draft, limits);
    if (draft.origin == nullptr) {
        if (!draft.constants.log.empty()) json.members(draft.constants.log);
        return;
    }
    json.open("log");
    if (!draft.constants.logger.empty()) json.members(draft.constants.logger);
    origin_members(json, draft.origin->file_name(), draft.origin->line(), draft.origin->function_name(), limits);
    json.close();
}

// What stands at the front of every record, in the order that ecs-logging asks for.
void head(JsonWriter& json, const RecordDraft& draft, const Limits& limits) {
    static constexpr std::array<std::string_view, level_words.size()> levels{
        R"("log.level":"trace")", R"("log.level":"debug")", R"("log.level":"info")", R"("log.level":"warn")",
        R"("log.level":"error")"};
    json.plain("@timestamp", draft.thread.timestamp.write(draft.at));
    json.members(levels[static_cast<std::size_t>(draft.level)]);
    json.field("message", utf8_cut(draft.message, limits.text));
    json.members(draft.constants.head);
    log_members(json, draft, limits);
}

// The object event comes last; the logger's dataset stands unless the record has one of its own.
void event_members(JsonWriter& json, std::span<const FieldOrder::Entry> entries, const RecordConstants& constants,
                   std::size_t most_text) {
    if (entries.empty()) return json.members(constants.event);
    constexpr std::string_view event = "event.";
    const auto is_dataset = [](const FieldOrder::Entry& one) { return one.name() == "event.dataset"; };
    json.open("event");
    if (std::none_of(entries.begin(), entries.end(), is_dataset)) json.members(constants.dataset);
    NestedMembers nested{json, most_text};
    for (const FieldOrder::Entry& entry : entries) nested.write(entry.name().substr(event.size()), entry);
    nested.close_to(0);
    json.close();
}

void members(JsonWriter& json, const FieldOrder& order, const RecordConstants& constants, std::size_t most_text) {
    NestedMembers nested{json, most_text};
    const auto entries = order.entries();
    std::size_t i = 0;
    for (; i < entries.size() && (entries[i].traits & Key::of_event) == 0; ++i) {
        if ((entries[i].traits & Key::nested) != 0)
            nested.write(entries[i].name(), entries[i]);
        else
            nested.write_one(entries[i].name(), entries[i]);
    }
    nested.close_to(0);
    event_members(json, entries.subspan(i), constants, most_text);
}

constexpr Key thread_name{"process.thread.name"};

RecordText written(const RecordDraft& draft, std::span<char> buffer, const Limits& limits) noexcept {
    ErrorFields error;
    FieldOrder order{draft.redaction};
    if (draft.thread.context != nullptr) add_context(order, draft.thread.context);
    for (const Field& field : draft.bound) order.add(field);
    for (const Field* const field : draft.given.first(std::min(draft.given.size(), limits.fields))) {
        if (field->kind() == Field::Kind::exception)
            for (const Field& one : error.expanded(*field)) order.add(one);
        else
            order.add(*field);
    }
    const Field truncated{"outrigger.truncated", true};
    if (limits.truncated) order.add(truncated);
    const ThreadName& name = draft.thread.name(draft.at);
    const Field thread{thread_name, Field::Kind::json, name.text()};
    const bool process_is_ours = !order.begins_with_step_of(thread_name);
    if (!process_is_ours) order.add_before(thread);
    order.arrange();

    JsonWriter json{buffer};
    head(json, draft, limits);
    if (process_is_ours) json.members(name.members());
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
