// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/record_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "sidecar/intake/log_level.hpp"
#include "sidecar/intake/log_time.hpp"
#include "sidecar/intake/redact.hpp"

namespace outrigger::intake {

using logging::Severity;

namespace {

constexpr std::size_t id_max = 512;   // what Elasticsearch takes as an _id

// What a double holds exactly: a receiver's JSON parser may know no other numbers.
constexpr double exact_max = 9007199254740992.0;   // 2^53

bool fits(std::string_view number) noexcept {
    const bool has_exponent = number.find_first_of("eE") != std::string_view::npos;
    if (number.size() <= 15 && !has_exponent) return true;
    double value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (read.ec != std::errc{}) return false;   // beyond a double, or too small for one
    return has_exponent || number.find('.') != std::string_view::npos || std::abs(value) <= exact_max;
}

// Names that are objects in the schema, and what a lone value in their place means. A receiver that has seen the object
// would refuse the record.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> objects{{{"error", "message"},
                                                                                 {"host", "name"},
                                                                                 {"user", "name"},
                                                                                 {"url", "original"},
                                                                                 {"process", "name"},
                                                                                 {"client", "address"},
                                                                                 {"source", "address"},
                                                                                 {"server", "address"},
                                                                                 {"destination", "address"},
                                                                                 {"trace", "id"},
                                                                                 {"span", "id"},
                                                                                 {"transaction", "id"},
                                                                                 {"agent", "name"},
                                                                                 {"file", "path"},
                                                                                 {"user_agent", "original"},
                                                                                 {"log", "original"}}};

// Empty: this name is none of them, or what stands there is no lone value.
std::string_view meaning_of(const JsonNode& member) noexcept {
    const bool lone = member.kind == JsonKind::string || member.kind == JsonKind::number ||
                      member.kind == JsonKind::boolean;
    const auto* found = lone ? std::find_if(objects.begin(), objects.end(),
                                            [&](const auto& object) { return object.first == member.name; })
                             : objects.end();
    return found == objects.end() ? std::string_view{} : found->second;
}

bool is_text(const JsonNode* node) noexcept { return node && node->kind == JsonKind::string; }
// Whether this is an id that a receiver takes, and that tells the record from others.
bool is_own_id(const JsonNode* id) noexcept {
    return is_text(id) && id->sound && !id->text.empty() && id->text.size() <= id_max &&
           id->text != logging::Redaction::blot;
}
bool is_number(const JsonNode* node) noexcept { return node && node->kind == JsonKind::number; }

}   // namespace

// The members that mean something to us. Null: it has none.
struct RecordWriter::Known {
    JsonNode* at_timestamp = nullptr;
    JsonNode* timestamp = nullptr;
    JsonNode* time = nullptr;
    JsonNode* dotted_level = nullptr;   // log.level
    JsonNode* log = nullptr;
    JsonNode* level = nullptr;
    JsonNode* message = nullptr;
    JsonNode* msg = nullptr;
    JsonNode* dotted_version = nullptr;   // ecs.version
    JsonNode* ecs = nullptr;
    JsonNode* service = nullptr;
    JsonNode* dotted_service = nullptr;   // service.name
    JsonNode* event = nullptr;
    JsonNode* dotted_id = nullptr;        // event.id
    JsonNode* dotted_dataset = nullptr;   // event.dataset
};

RecordWriter::RecordWriter(std::string_view service, const logging::Redaction& redaction)
    : redaction_{redaction} {
    append_escaped(service_, service);
}

RecordWriter::Known RecordWriter::find_known(const JsonNode& root) {
    Known known;
    const std::pair<std::string_view, JsonNode*&> places[]{{"@timestamp", known.at_timestamp},
                                                           {"timestamp", known.timestamp},
                                                           {"time", known.time},
                                                           {"log.level", known.dotted_level},
                                                           {"log", known.log},
                                                           {"level", known.level},
                                                           {"message", known.message},
                                                           {"msg", known.msg},
                                                           {"ecs.version", known.dotted_version},
                                                           {"ecs", known.ecs},
                                                           {"service", known.service},
                                                           {"service.name", known.dotted_service},
                                                           {"event", known.event},
                                                           {"event.id", known.dotted_id},
                                                           {"event.dataset", known.dotted_dataset}};
    tree_->each(root, [&places](JsonNode& member) {
        for (const auto& [name, place] : places)
            if (name == member.name) place = &member;
    });
    return known;
}

// ---- members of ours ------------------------------------------------------------------------------------

bool RecordWriter::write_given_time(JsonNode& given) {
    bool written = false;
    if (is_text(&given)) written = append_date(*out_, given.text);
    if (!written && (is_text(&given) || is_number(&given)))
        written = append_epoch(*out_, given.text, timestamp_);
    given.left_out = written;
    return written;
}

// The first that is a time; the arrival if none is.
void RecordWriter::write_time(const Known& known, WallTime arrived) {
    *out_ += R"({"@timestamp":")";
    const bool written = (known.at_timestamp && write_given_time(*known.at_timestamp)) ||
                         (known.timestamp && write_given_time(*known.timestamp)) ||
                         (known.time && write_given_time(*known.time));
    if (!written) *out_ += timestamp_.write(arrived);
    *out_ += '"';
    // A receiver would refuse it, and it may help to see why it was no time.
    if (known.at_timestamp && !known.at_timestamp->left_out) {
        leave_out(tree_->root(), "original_timestamp");
        known.at_timestamp->key = known.at_timestamp->name = "original_timestamp";
        known.at_timestamp->sound_key = true;
    }
}

Severity RecordWriter::write_level(const Known& known) {
    JsonNode* const nested = known.log && !known.dotted_level ? tree_->find(*known.log, "level") : nullptr;
    if (is_text(nested)) return level_of_word(plain(*nested)).severity;   // it stays where it is
    JsonNode* const given = known.dotted_level ? known.dotted_level : known.level;
    LogLevel level{"info", Severity::normal};
    if (is_text(given) && !given->text.empty()) level = level_of_word(plain(*given));
    if (is_number(given)) level = level_of_number(given->text);
    *out_ += R"(,"log.level":")";
    append_escaped(*out_, level.word);
    *out_ += '"';
    if (given && (given == known.dotted_level || is_text(given) || is_number(given))) given->left_out = true;
    return level.severity;
}

void RecordWriter::write_message(const Known& known) {
    const bool has_message = known.message && known.message->kind != JsonKind::null;
    JsonNode* given = has_message ? known.message : known.msg;
    if (!given && is_text(known.log)) given = known.log;   // as container runtimes write it
    if (known.message) known.message->left_out = true;     // null says nothing
    if (!given) return;
    given->left_out = true;
    if (given->kind == JsonKind::null) return;
    if (given != known.message) redact_as(*given, "message");
    *out_ += R"(,"message":)";
    write_as_text(*given);
}

void RecordWriter::write_ecs_version(const Known& known) {
    if (known.dotted_version || (known.ecs && tree_->find(*known.ecs, "version"))) return;
    ((*out_ += R"(,"ecs.version":")") += logging::ecs_version) += '"';
}

// The schema wants an object; many programs give a name.
void RecordWriter::write_service(const Known& known) {
    JsonNode* const given = known.service;
    if (!given && known.dotted_service) return;
    if (given) given->left_out = true;
    *out_ += R"(,"service":{)";
    bool named = known.dotted_service != nullptr;
    if (given && given->kind == JsonKind::object) {
        write_members(*given);
        named = named || tree_->find(*given, "name");
    } else if (given && given->kind != JsonKind::null && !named) {
        redact_as(*given, "service.name");
        *out_ += R"("name":)";
        write_as_text(*given);
        named = true;
    }
    if (!named) {
        if (out_->back() != '{') *out_ += ',';
        ((*out_ += R"("name":")") += service_) += '"';
    }
    *out_ += '}';
}

// The record's last member. It always holds something, so that an id can be put in behind a comma.
bool RecordWriter::write_event(const Known& known) {
    JsonNode* const given = known.event;
    JsonNode* id = known.dotted_id;
    JsonNode* dataset = known.dotted_dataset;
    *out_ += R"(,"event":{)";
    if (given && given->kind == JsonKind::object) {
        if (JsonNode* const inner = tree_->find(*given, "id")) id = inner;
        if (JsonNode* const inner = tree_->find(*given, "dataset")) dataset = inner;
        if (id) id->left_out = true;
        if (dataset) dataset->left_out = true;
        if (id && !is_own_id(id)) leave_out(*given, "original_id");
        write_members(*given);
        if (out_->back() != '{') *out_ += ',';
    } else if (given && given->kind != JsonKind::null) {   // the name of what happened
        redact_as(*given, "event.action");
        *out_ += R"("action":)";
        write_as_text(*given);
        *out_ += ',';
    }
    *out_ += R"("dataset":)";
    if (dataset && dataset->kind != JsonKind::null)
        write_as_text(*dataset);
    else
        ((*out_ += '"') += service_) += '"';
    const bool own = is_own_id(id);
    if (id && id->kind != JsonKind::null) {
        *out_ += own ? R"(,"id":)" : R"(,"original_id":)";
        write_as_text(*id);
    }
    *out_ += "}}\n";
    return own;
}

// ---- values as they came --------------------------------------------------------------------------------

// A record's members, and those of its objects, have names that differ also after we gave some of them new ones.
void RecordWriter::leave_out(const JsonNode& object, std::string_view name) {
    if (JsonNode* const member = tree_->find(object, name)) member->left_out = true;
}

void RecordWriter::make_room_for_nameless(const JsonNode& object) {
    if (tree_->find(object, "")) leave_out(object, "_");
}

// What gets a new name must not escape a pattern that names it.
void RecordWriter::redact_as(JsonNode& value, std::string_view path) const {
    if (redaction_.matches(path)) blot_out(value);
}

void RecordWriter::write_members(const JsonNode& parent) {
    make_room_for_nameless(parent);
    tree_->each(parent, [this](const JsonNode& member) {
        if (out_->back() != '{') *out_ += ',';
        write_member(member);
    });
}

void RecordWriter::write_top_member(JsonNode& member) {
    const std::string_view meaning = meaning_of(member);
    if (meaning.empty()) return write_member(member);
    ((spare_ = member.name) += '.') += meaning;
    redact_as(member, spare_);
    ((((*out_ += '"') += member.name) += R"(":{")") += meaning) += "\":";
    write_as_text(member);
    *out_ += '}';
}

void RecordWriter::write_member(const JsonNode& member) {
    *out_ += '"';
    if (member.key.empty())
        *out_ += '_';   // no receiver takes a name without a letter
    else if (member.sound_key)
        *out_ += member.key;
    else
        append_repaired(*out_, member.key);
    *out_ += "\":";
    write_value(member);
}

void RecordWriter::write_value(const JsonNode& value) {
    switch (value.kind) {
        case JsonKind::null:
        case JsonKind::boolean: *out_ += value.text; return;
        case JsonKind::number: write_number(value.text); return;
        case JsonKind::string: write_string(value); return;
        case JsonKind::object:
            *out_ += '{';
            write_members(value);
            *out_ += '}';
            return;
        case JsonKind::array: break;
    }
    *out_ += '[';
    tree_->each(value, [this](const JsonNode& item) {
        if (out_->back() != '[') *out_ += ',';
        write_value(item);
    });
    *out_ += ']';
}

void RecordWriter::write_number(std::string_view number) {
    if (fits(number))
        *out_ += number;
    else
        ((*out_ += '"') += number) += '"';
}

void RecordWriter::write_string(const JsonNode& value) {
    *out_ += '"';
    if (value.sound)
        *out_ += value.text;
    else
        append_repaired(*out_, value.text);
    *out_ += '"';
}

// As a string, whatever it is.
void RecordWriter::write_as_text(const JsonNode& value) {
    if (is_text(&value)) return write_string(value);
    spare_.clear();
    std::string* const line = std::exchange(out_, &spare_);
    write_value(value);
    out_ = line;
    *out_ += '"';
    append_escaped(*out_, spare_);
    *out_ += '"';
}

// A string without its escapes; holds until the next call.
std::string_view RecordWriter::plain(const JsonNode& value) {
    if (value.text.find('\\') == std::string_view::npos) return value.text;
    spare_.clear();
    append_unescaped(spare_, value.text);
    return spare_;
}

// ---- records --------------------------------------------------------------------------------------------

Written RecordWriter::write(std::string& out, JsonTree& tree, WallTime arrived) {
    out_ = &out;
    tree_ = &tree;
    redact(tree, redaction_);
    const Known known = find_known(tree.root());
    // These stand at the end.
    for (JsonNode* moved : {known.event, known.dotted_id, known.dotted_dataset})
        if (moved) moved->left_out = true;
    Written written;
    write_time(known, arrived);
    written.severity = write_level(known);
    write_message(known);
    write_ecs_version(known);
    write_service(known);
    make_room_for_nameless(tree.root());
    tree.each(tree.root(), [this](JsonNode& member) {
        *out_ += ',';
        write_top_member(member);
    });
    written.own_id = write_event(known);
    return written;
}

Written RecordWriter::write_text(std::string& out, std::string_view text, WallTime arrived) {
    ((out += R"({"@timestamp":")") += timestamp_.write(arrived)) += R"(","log.level":"info","message":")";
    const std::size_t begin = behind_blanks(text, 0);
    const bool may_hide = begin < text.size() && (text[begin] == '{' || text[begin] == '[');
    if (may_hide && !redaction_.empty())
        ((out += "[left out: ") += std::to_string(text.size())) += " bytes, no JSON]";
    else
        append_escaped(out, text);
    (((out += R"(","ecs.version":")") += logging::ecs_version) += R"(","service":{"name":")") += service_;
    ((out += R"("},"tags":["_jsonparsefailure"],"event":{"dataset":")") += service_) += "\"}}\n";
    return {};
}

}   // namespace outrigger::intake
