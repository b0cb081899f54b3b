// SPDX-License-Identifier: Apache-2.0
#include "sidecar/libraries/library.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outrigger::libraries {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

// Of the C library, which every program has.
const char* const there = "libc.so.6";

TEST(library, what_is_there_has_its_functions) {
    const Library library{there, "libc6", "strlen"};
    EXPECT_EQ(library.fault("counting"), "");
    EXPECT_NO_THROW(library.require("counting"));
    const auto length = reinterpret_cast<std::size_t (*)(const char*)>(library.function("strlen"));
    EXPECT_EQ(length("four"), 4U);
}

TEST(library, one_that_is_not_installed_says_for_what_it_is_needed_and_what_to_install) {
    const Library library{"liboutrigger-none.so.7", "liboutrigger-none7", "none"};
    const auto sentence =
        AllOf(StartsWith("a check of none needs liboutrigger-none.so.7, which cannot be loaded: "),
              HasSubstr("No such file"), EndsWith("; install it (Debian: liboutrigger-none7)"));
    EXPECT_THAT(library.fault("a check of none"), sentence);
    EXPECT_THAT([&] { library.require("a check of none"); }, ThrowsMessage<std::runtime_error>(sentence));
    EXPECT_THAT([&] { (void)library.function("none"); },
                ThrowsMessage<std::runtime_error>(StartsWith("none needs liboutrigger-none.so.7, which ")));
}

TEST(library, one_without_the_newest_function_is_too_old) {
    const Library library{there, "libc6", "outrigger_of_next_year"};
    EXPECT_THAT(library.fault("counting"), AllOf(StartsWith("counting needs libc.so.6, which is too old: "),
                                                 HasSubstr("outrigger_of_next_year")));
}

TEST(library, a_function_that_it_lacks_is_an_exception) {
    const Library library{there, "libc6", "strlen"};
    EXPECT_THAT([&] { (void)library.function("outrigger_of_next_year"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("outrigger_of_next_year")));
}

}   // namespace
}   // namespace outrigger::libraries
