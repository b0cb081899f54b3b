// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include "sidecar/config/load.hpp"

namespace outrigger::config {
namespace {

TEST(Reference, the_page_in_the_documentation_is_the_generated_one) {
    std::ifstream file{OUTRIGGER_DOCS "/reference/configuration.md"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_EQ(text, reference_page())
        << "write it anew: outrigger schema --reference > docs/reference/configuration.md";
}

TEST(Reference, every_row_has_four_cells) {
    std::istringstream page{reference_page()};
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with('|')) continue;
        std::size_t bars = 0;
        for (std::size_t i = 0; i < line.size(); ++i)
            bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1U : 0U;
        EXPECT_EQ(bars, 5U) << line;
    }
}

TEST(Reference, names_range_default_and_what_is_missing) {
    const std::string page = reference_page();
    EXPECT_NE(page.find("| `delay` | a duration such as 250ms, 2s or 5m | `5s` | How long new connections "
                        "are still served, from the "
                        "start of the drain. From 0s to 1h. |"),
              std::string::npos);
    EXPECT_NE(page.find("Not built yet: only http:// and unix: to the app work in this version."), std::string::npos);
    EXPECT_NE(page.find("| required |"), std::string::npos);
}

TEST(Reference, a_limit_is_shown_with_the_defaults_of_its_place) {
    const std::string page = reference_page();
    EXPECT_NE(page.find("## inbound.limit\n"), std::string::npos);
    EXPECT_NE(page.find("## outbound.defaults.limit\n"), std::string::npos);
}

}   // namespace
}   // namespace outrigger::config
