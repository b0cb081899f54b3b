// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/post_reader.hpp"

#include <algorithm>

namespace outrigger::intake {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::string shown(std::string_view body, std::size_t at) {
    if (at >= body.size()) return "the end";
    const char c = body[at];
    if (c > ' ' && c < '\x7f') return std::string{"'"} + c + '\'';
    static constexpr std::string_view hex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return std::string{"the byte 0x"} + hex[byte >> 4] + hex[byte & 15];
}

// People count from 1.
std::string place(std::uint64_t record, std::size_t at) {
    return "record " + std::to_string(record) + ", byte " + std::to_string(at + 1) + ": ";
}

Mistake no_json(std::uint64_t record, std::string_view body, const JsonFault& fault) {
    return {Reason::bad_request, place(record, fault.at) + "found " + shown(body, fault.at) +
                                     ", which is no JSON here: " + std::string{fault.what} + '.'};
}

Mistake no_object(std::uint64_t record, std::string_view body, std::size_t at) {
    return {Reason::bad_request, place(record, at) + "found " + shown(body, at) +
                                     ", expected a JSON object, or an array of objects."};
}

Mistake too_large(std::uint64_t record, std::size_t at) {
    return {Reason::body_too_large,
            place(record, at) + "found a record of more than 256KiB, expected a smaller one."};
}

}   // namespace

std::uint64_t records_of(const logging::Submission& submission) noexcept {
    std::uint64_t count = 0;
    for (const logging::Submission::Part& part : submission.parts) count += part.records;
    return count;
}

void PostReader::add(Written written, logging::Submission& into) {
    auto part = std::find_if(into.parts.begin(), into.parts.end(), [&](const logging::Submission::Part& one) {
        return one.severity == written.severity && one.own_ids == written.own_id;
    });
    if (part == into.parts.end()) {
        into.parts.push_back({written.severity, written.own_id, 1, line_});
        return;
    }
    ++part->records;
    part->lines += line_;
}

std::optional<Mistake> PostReader::read_record(std::string_view body, std::size_t& at, WallTime arrived,
                                               logging::Submission& into) {
    ++count_;
    if (at >= body.size() || body[at] != '{') return no_object(count_, body, at);
    const std::size_t begin = at;
    // No look beyond what a record may have, so that no record takes more memory than that.
    const std::string_view visible = body.substr(0, begin + record_max + 1);
    const JsonFault fault = tree_.parse(visible, at);
    const bool cut = visible.size() < body.size() && fault.at >= visible.size();
    if (cut || at - begin > record_max) return too_large(count_, begin);
    if (!fault.what.empty()) return no_json(count_, body, fault);
    line_.clear();
    add(writer_.write(line_, tree_, arrived), into);
    return std::nullopt;
}

std::optional<Mistake> PostReader::read_array(std::string_view body, std::size_t& at, WallTime arrived,
                                              logging::Submission& into) {
    at = behind_blanks(body, at + 1);
    if (at < body.size() && body[at] == ']') return ++at, std::nullopt;
    for (;;) {
        if (auto mistake = read_record(body, at, arrived, into)) return mistake;
        at = behind_blanks(body, at);
        if (at < body.size() && body[at] == ']') return ++at, std::nullopt;
        if (at >= body.size()) return no_json(count_, body, {at, "it ends too early"});
        if (body[at] != ',') return no_json(count_, body, {at, "expected a comma or the array's end"});
        at = behind_blanks(body, at + 1);
    }
}

std::optional<Mistake> PostReader::read(std::string_view body, WallTime arrived, logging::Submission& into) {
    count_ = 0;
    std::size_t at = behind_blanks(body, body.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
    if (at == body.size()) return Mistake{Reason::bad_request, "found no record: the body is empty."};
    while (at < body.size()) {
        auto mistake =
            body[at] == '[' ? read_array(body, at, arrived, into) : read_record(body, at, arrived, into);
        if (mistake) return mistake;
        at = behind_blanks(body, at);
    }
    return std::nullopt;
}

bool PostReader::read_line(std::string_view line, WallTime arrived, logging::Submission& into) {
    if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    std::size_t at = behind_blanks(line, 0);
    line_.clear();
    Written written;
    const bool is_object = at < line.size() && line[at] == '{' && tree_.parse(line, at).what.empty() &&
                           behind_blanks(line, at) == line.size();
    written = is_object ? writer_.write(line_, tree_, arrived) : writer_.write_text(line_, line, arrived);
    add(written, into);
    return is_object;
}

}   // namespace outrigger::intake
