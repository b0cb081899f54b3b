// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/config/load.hpp"

// Whatever the text, loading it ends in settings or in problems; every problem is one line; and what loads
// without a problem reads back from its printed form as the same settings, or, where secrets are hidden, as
// the same text.

using namespace outrigger::config;

namespace {

std::optional<std::string> environment(std::string_view name) {
    if (name == "A") return "value";
    if (name == "N") return "7";
    if (name == "E") return "";
    return std::nullopt;
}

[[noreturn]] void fail(const char* what, const std::string& detail) {
    std::fprintf(stderr, "%s\n%s\n", what, detail.c_str());
    std::abort();
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{data, data + size};
    const Loaded loaded = load_text(text, environment);
    for (const Problem& problem : loaded.problems)
        if (to_line(problem, "f").find_first_of("\n\r") != std::string::npos)
            fail("not one line", problem.text);
    if (!loaded.problems.empty()) return 0;

    const std::string printed = print(loaded.settings);
    const Loaded back = load_text(printed, {});
    for (const Problem& problem : back.problems)
        fail("the printed form has a problem", to_line(problem, printed));
    if (print(back.settings) != printed) fail("printed twice, it differs", printed);
    const bool hidden = printed.find("***") != std::string::npos;
    if (!hidden && back.settings != loaded.settings) fail("the printed form is other settings", printed);
    return 0;
}
