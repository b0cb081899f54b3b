// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/log_time.hpp"

#include <gtest/gtest.h>

namespace outrigger::intake {
namespace {

std::string date(std::string_view text) {
    std::string out;
    return append_date(out, text) ? out : "no";
}
std::string epoch(std::string_view text) {
    std::string out;
    logging::Timestamp timestamp;
    return append_epoch(out, text, timestamp) ? out : "no";
}

TEST(LogTime, a_date_keeps_its_digits) {
    EXPECT_EQ(date("2026-11-20T10:12:18.123456789Z"), "2026-11-20T10:12:18.123456789Z");
    EXPECT_EQ(date("2026-11-20 10:12:18,5"), "2026-11-20T10:12:18.5Z");
    EXPECT_EQ(date("2026-11-20T10:12:18+0530"), "2026-11-20T10:12:18+05:30");
    EXPECT_EQ(date("2026-11-20T10:12:18-08:00"), "2026-11-20T10:12:18-08:00");
}

TEST(LogTime, what_is_no_date_is_none) {
    for (const std::string_view text :
         {"", "now", "2026-11-20", "2026-13-20T10:12:18Z", "2026-02-30T10:12:18Z", "2026-11-20T24:12:18Z", "2026-11-20T10:12:18.Z",
          "2026-11-20T10:12:18.1234567890Z", "2026-11-20T10:12:18 CET", "2026-11-20T10:12:18+5", "20/11/2026 10:12:18",
          "2026-11-20T10:12:18Z2026-11-20T10:12:18Z2026-11-20"})
        EXPECT_EQ(date(text), "no") << text;
}

TEST(LogTime, an_epoch_tells_its_unit_by_its_size) {
    EXPECT_EQ(epoch("1763633538"), "2025-11-20T10:12:18.000000Z");
    EXPECT_EQ(epoch("1763633538123"), "2025-11-20T10:12:18.123000Z");
    EXPECT_EQ(epoch("1763633538123456"), "2025-11-20T10:12:18.123456Z");
    EXPECT_EQ(epoch("1763633538123456789"), "2025-11-20T10:12:18.123456Z");
    EXPECT_EQ(epoch("1763633538.5"), "2025-11-20T10:12:18.500000Z");
    for (const std::string_view text : {"", "0", "-1", "12345", "1e30", "99999999999999999999", "1763633538x", "nan", "inf"})
        EXPECT_EQ(epoch(text), "no") << text;
}

}   // namespace
}   // namespace outrigger::intake
