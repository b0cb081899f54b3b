// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/redaction.hpp>
#include <outrigger/logging/severity.hpp>

#include "sidecar/intake/json_tree.hpp"

namespace outrigger::intake {

// What was found out about a record while it was written.
struct Written {
    logging::Severity severity = logging::Severity::normal;
    bool own_id = false;   // it came with an event.id
};

// Writes what a program's logger sent as a record of ours: a line of Elastic Common Schema whose last member is
// `event`. What stands for @timestamp, log.level and message in the loggers of others is moved there; what
// contradicts the schema, so that a receiver would refuse the record, is given a form that fits; everything else
// stays as it came. Redacted before it is written. Not thread-safe.
class RecordWriter {
public:
    // `redaction` must outlive it.
    RecordWriter(std::string_view service, const logging::Redaction& redaction);

    // Appends the line for the tree's root, an object, which is changed on the way.
    Written write(std::string& out, JsonTree& tree, WallTime arrived);
    // Appends a line for what is no JSON: the text becomes the message, and a tag says why. What looks like broken JSON
    // is left out if anything is to be redacted: nobody can tell where in it that stands.
    Written write_text(std::string& out, std::string_view text, WallTime arrived);

private:
    struct Known;
    [[nodiscard]] Known find_known(const JsonNode& root);
    void write_time(const Known& known, WallTime arrived);
    [[nodiscard]] bool write_given_time(JsonNode& given);
    [[nodiscard]] logging::Severity write_level(const Known& known);
    void write_message(const Known& known);
    void write_ecs_version(const Known& known);
    void write_service(const Known& known);
    [[nodiscard]] bool write_event(const Known& known);

    void leave_out(const JsonNode& object, std::string_view name);
    void make_room_for_nameless(const JsonNode& object);
    void redact_as(JsonNode& value, std::string_view path) const;
    void write_members(const JsonNode& parent);
    void write_top_member(JsonNode& member);
    void write_member(const JsonNode& member);
    void write_value(const JsonNode& value);
    void write_number(std::string_view number);
    void write_string(const JsonNode& value);
    void write_as_text(const JsonNode& value);
    [[nodiscard]] std::string_view plain(const JsonNode& value);

    std::string service_;   // as a JSON string's text
    const logging::Redaction& redaction_;
    logging::Timestamp timestamp_;
    std::string spare_;            // for texts that are unescaped, or made of values
    std::string* out_ = nullptr;   // of the record being written, as is:
    JsonTree* tree_ = nullptr;
};

}   // namespace outrigger::intake
