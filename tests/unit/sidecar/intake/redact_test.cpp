// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/redact.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sidecar/intake/record_writer.hpp"

namespace outrigger::intake {
namespace {

std::string redacted(std::string_view text, const std::vector<std::string>& patterns = {"password", "*.token"}) {
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

TEST(Redact, a_pattern_reaches_across_members_within_members_and_names_with_dots) {
    const std::vector<std::string> patterns{"card.*.pin", "*.token"};
    EXPECT_EQ(redacted(R"({"a":{"card":{"x":{"pin":1,"y":2}}},"b.card":{"main.pin":3},"card.a.b":{"pin":4}})", patterns),
              R"("a":{"card":{"x":{"pin":"[redacted]","y":2}}},"b.card":{"main.pin":"[redacted]"},)"
              R"("card.a.b":{"pin":4})");
    const std::string name(1000, 'n');   // no step of a pattern is as long
    EXPECT_EQ(redacted(R"({"card":{")" + name + R"(":[{"pin":5}]},"a.":{"token":6}})", patterns),
              R"("card":{")" + name + R"(":[{"pin":"[redacted]"}]},"a.":{"token":"[redacted]"})");
}

// Once it took half a minute: each member looked at the whole path above it.
TEST(Redact, a_long_path_above_many_members_costs_little) {
    for (const std::string_view piece : {"x.", "xx"}) {
        std::string text = "{\"";
        for (int i = 0; i < 60'000; ++i) text += piece;
        text += "y\":{";
        for (int i = 0; i < 15'000; ++i) text += '"' + std::to_string(i) + "\":1,";
        text += R"("token":2}})";
        const std::string line = redacted(text, {"password", "*.token", "a.*.b.*.c"});
        EXPECT_NE(line.find(R"("token":"[redacted]")"), std::string::npos);
    }
}

}   // namespace
}   // namespace outrigger::intake
