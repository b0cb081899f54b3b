// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <outrigger/metrics/parse_page.hpp>

// Whatever the page, reading it ends in families or in a fault with its line; and what was read, written in any format,
// is well-formed: it reads back, as what writes the same page. The first byte chooses the format.

using namespace outrigger::metrics;

namespace {

[[noreturn]] void fail(const char* what, const std::string& detail) {
    std::fprintf(stderr, "%s\n%s\n", what, detail.c_str());
    std::abort();
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string page{data + 1, data + size};
    const PageFormat format = *data % 2 ? PageFormat::openmetrics : PageFormat::text;
    const ParsedPage parsed = parse_page(page, format);
    if ((parsed.line == 0) != parsed.fault.empty()) fail("a line without a fault, or a fault without a line", page);
    if (!parsed.fault.empty() && !parsed.families.empty()) fail("families in spite of a fault", page);
    if (!parsed.fault.empty()) return 0;

    for (const PageFormat to : {PageFormat::text, PageFormat::openmetrics}) {
        const std::string written = write_page(parsed.families, to);
        const ParsedPage back = parse_page(written, to);
        // Two families may have the same name here; a registry would have joined them.
        if (back.fault == "a second TYPE of the same metric" || back.fault == "a TYPE behind its samples") continue;
        if (!back.fault.empty()) fail(std::string{back.fault}.c_str(), written);
        // What the format forbids was left out the first time; from then on nothing changes any more.
        const std::string twice = write_page(back.families, to);
        const std::string thrice = write_page(parse_page(twice, to).families, to);
        if (thrice != twice) fail("written again, it differs", twice + "\n---\n" + thrice);
    }
    (void)write_page(parsed.families, PageFormat::protobuf);
    return 0;
}
