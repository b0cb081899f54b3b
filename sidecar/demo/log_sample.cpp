// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/log_sample.hpp"

#include <fstream>

namespace outrigger::demo {
namespace {

constexpr std::streamoff window = 256 << 10;

// To the start of a line, `window` bytes before the end at most.
void seek_near_end(std::ifstream& in) {
    in.seekg(0, std::ios::end);
    const std::streamoff size = in.tellg();
    in.seekg(size > window ? size - window : 0);
    std::string cut_line;
    if (size > window) std::getline(in, cut_line);
}

}  // namespace

std::vector<std::string> last_access_lines(const std::string& file, std::size_t count) {
    std::vector<std::string> lines;
    std::ifstream in{file, std::ios::binary};
    seek_near_end(in);
    for (std::string line; std::getline(in, line);)
        if (line.find("\"outrigger.access\"") != std::string::npos) lines.push_back(std::move(line));
    if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
    return lines;
}

}  // namespace outrigger::demo
