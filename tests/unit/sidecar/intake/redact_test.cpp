// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/redact.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "sidecar/intake/record_writer.hpp"

namespace outrigger::intake {
namespace {

std::string redacted(std::string_view text) {
    const std::array<std::string, 2> patterns{"password", "*.token"};
    const logging::Redaction redaction{patterns};
    JsonTree tree;
    std::size_t at = 0;
    EXPECT_EQ(tree.parse(text, at).what, "");
    RecordWriter writer{"s", redaction};
    std::string line;
    (void)writer.write(line, tree, WallTime{});
    const std::size_t begin = line.find(R"("service")");
    return line.substr(begin + 23, line.find(R"(,"event")") - begin - 23);
}

TEST(Redact, blots_out_values_of_any_kind_at_any_depth) {
    EXPECT_EQ(redacted(R"({"password":{"old":1},"token":2,"a":{"token":[3]},"b":[{"PassWord":4}],"user.password":5,"p\u0061ssword":6})"),
              R"("token":2,"a":{"token":"[redacted]"},"b":[{"PassWord":"[redacted]"}],"user.password":"[redacted]","p\u0061ssword":"[redacted]")");
}

}   // namespace
}   // namespace outrigger::intake
