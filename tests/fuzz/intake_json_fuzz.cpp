// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/intake/json_tree.hpp"
#include "sidecar/intake/post_reader.hpp"

// Whatever an app hands in, it is taken or nothing of it is; and what was taken is lines that are each one JSON object,
// whose last member is the object `event`. The first byte: a post, or a line of a connection; with or without something
// to redact.

using namespace outrigger;

namespace {

[[noreturn]] void fail(const char* what, std::string_view detail) {
    std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
    std::abort();
}

void expect_a_record(std::string_view line) {
    static intake::JsonTree tree;
    std::size_t at = 0;
    const intake::JsonFault fault = tree.parse(line, at);
    if (!fault.what.empty()) fail("a line that is no JSON", line);
    if (at != line.size()) fail("a line with something behind its object", line);
    const intake::JsonNode* const event = tree.find(tree.root(), "event");
    if (!event || event->kind != intake::JsonKind::object || event->next != 0) fail("a line that does not end in event", line);
}

void expect_records(const logging::Submission& taken) {
    for (const logging::Submission::Part& part : taken.parts) {
        std::string_view lines = part.lines;
        if (std::ranges::count(lines, '\n') != part.records) fail("as many lines as records", lines);
        for (; !lines.empty(); lines.remove_prefix(lines.find('\n') + 1)) expect_a_record(lines.substr(0, lines.find('\n')));
    }
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static const logging::Redaction nothing;
    static const std::vector<std::string> patterns{"password", "user.email"};
    static const logging::Redaction something{patterns};
    intake::PostReader reader{"shop", *data & 2 ? something : nothing};
    const std::string given{data + 1, data + size};   // behind its end there is nothing
    logging::Submission taken;
    if (*data & 1) {
        (void)reader.read_line(given, WallTime{}, taken);
        if (intake::records_of(taken) != 1) fail("a line is a record, whatever it holds", given);
    } else if (reader.read(given, WallTime{}, taken)) {
        return 0;
    }
    expect_records(taken);
    return 0;
}
