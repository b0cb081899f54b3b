// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/log_level.hpp"

#include <gtest/gtest.h>

namespace outrigger::intake {
namespace {

using logging::Severity;

TEST(LogLevel, knows_the_words_of_other_loggers) {
    EXPECT_EQ(level_of_word("log").word, "info");
    EXPECT_EQ(level_of_word("WARNING").word, "warn");
    EXPECT_EQ(level_of_word("Verbose").word, "verbose");
    EXPECT_EQ(level_of_word("verbose").severity, Severity::low);
    EXPECT_EQ(level_of_word("fatal").severity, Severity::high);
    EXPECT_EQ(level_of_word("shout").word, "shout");
    EXPECT_EQ(level_of_word("shout").severity, Severity::normal);
}

TEST(LogLevel, knows_the_numbers_of_pino_and_of_syslog) {
    EXPECT_EQ(level_of_number("10").word, "trace");
    EXPECT_EQ(level_of_number("30").word, "info");
    EXPECT_EQ(level_of_number("35").word, "info");
    EXPECT_EQ(level_of_number("50").severity, Severity::high);
    EXPECT_EQ(level_of_number("60").word, "fatal");
    EXPECT_EQ(level_of_number("3").word, "error");
    EXPECT_EQ(level_of_number("-1").word, "trace");
    EXPECT_EQ(level_of_number("1e300").word, "fatal");
    for (const std::string_view beyond : {"1e400", "-1e400", "1e-400"})
        EXPECT_EQ(level_of_number(beyond).word, "info") << beyond;
}

}   // namespace
}   // namespace outrigger::intake
