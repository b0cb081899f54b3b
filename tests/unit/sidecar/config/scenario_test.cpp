// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/config/load.hpp"

// tests/scenario/config: every file in good/ loads and reads back from its printed form; every file in bad/
// gives exactly the lines of the .expected file beside it.
namespace outrigger::config {
namespace {

namespace fs = std::filesystem;

const Environment environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "DATABASE_URL") return "postgres://orders@db:5432/orders";
    if (name == "ADMIN_TOKEN") return "a-token";
    if (name == "PORT") return "3000";
    if (name == "WORDS") return "some words";
    return std::nullopt;
};

std::string content(const fs::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

std::vector<fs::path> files(std::string_view folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator{fs::path{OUTRIGGER_SCENARIOS} / folder})
        if (entry.path().extension() == ".yaml") found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

class GoodConfig : public testing::TestWithParam<fs::path> {};
class BadConfig : public testing::TestWithParam<fs::path> {};

TEST_P(GoodConfig, loads_and_reads_back) {
    const Loaded loaded = load_file(GetParam(), environment);
    for (const Problem& problem : loaded.problems)
        ADD_FAILURE() << to_line(problem, GetParam().filename().string());
    const std::string printed = print(loaded.settings);
    const Loaded back = load_text(printed, {});
    for (const Problem& problem : back.problems) ADD_FAILURE() << to_line(problem, "printed");
    EXPECT_EQ(print(back.settings), printed);
}

TEST_P(BadConfig, gives_exactly_the_expected_lines) {
    const std::string name = GetParam().filename().string();
    std::string lines;
    for (const Problem& problem : load_file(GetParam(), environment).problems)
        lines += to_line(problem, name) + '\n';
    EXPECT_EQ(lines, content(fs::path{GetParam()}.replace_extension(".expected")));
    EXPECT_NE(lines, "");
}

std::string name_of(const testing::TestParamInfo<fs::path>& info) {
    std::string name = info.param.stem().string();
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Scenario, GoodConfig, testing::ValuesIn(files("good")), name_of);
INSTANTIATE_TEST_SUITE_P(Scenario, BadConfig, testing::ValuesIn(files("bad")), name_of);

TEST(Scenario, there_are_files_of_both_kinds) {
    EXPECT_GE(files("good").size(), 5U);
    EXPECT_GE(files("bad").size(), 20U);
}

}   // namespace
}   // namespace outrigger::config
