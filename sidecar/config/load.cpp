// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/load.hpp"

#include <cerrno>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "sidecar/config/reader.hpp"
#include "sidecar/config/yaml_parser.hpp"

namespace outrigger::config {
namespace {

Loaded failed(std::string text) { return {.problems = {{{}, 0, std::move(text)}}}; }

void take_flag(Reading& reading, const std::optional<std::string>& text, const std::string& flag,
               const char* path, Settings& settings) {
    if (!text) return;
    reading.take_flag(path, flag);
    // The shell has already put in the environment.
    const Node node{.kind = Node::Kind::scalar, .text = escape_substitution(*text)};
    describe(settings, FlagReader{reading, node, flag, path});
}

// In the order of the file; those of one line in the order in which they were found.
std::vector<Problem> by_line(std::vector<Problem> problems) {
    std::multimap<int, Problem> sorted;
    for (Problem& problem : problems) sorted.emplace(problem.line, std::move(problem));
    problems.clear();
    for (auto& [line, problem] : sorted) problems.push_back(std::move(problem));
    return problems;
}

Loaded read_settings(const Node& root, std::vector<Problem> problems, const Environment& environment,
                     const Flags& flags) {
    Reading reading{environment};
    for (Problem& problem : problems)
        reading.problem(std::move(problem.path), problem.line, std::move(problem.text));
    Loaded loaded;
    if (!root.refused) read_fields(reading, root, {}, loaded.settings);
    take_flag(reading, flags.app, "--app", "inbound.app", loaded.settings);
    take_flag(reading, flags.listen, "--listen", "inbound.listen", loaded.settings);
    take_flag(reading, flags.admin, "--admin", "admin.listen", loaded.settings);
    report_contradictions(reading, root, {}, loaded.settings);
    loaded.problems = by_line(reading.take_problems());
    loaded.not_built = by_line(reading.take_not_built());
    return loaded;
}

std::string too_large() {
    return "found more than " + to_string(file_size_max) + ", expected a smaller file";
}

}   // namespace

Loaded load_text(std::string_view yaml, const Environment& environment, const Flags& flags) {
    if (yaml.size() > file_size_max.count()) return failed(too_large());
    ParsedYaml parsed = parse_yaml(yaml);
    if (!parsed.whole) return {.problems = std::move(parsed.problems)};
    return read_settings(parsed.root, std::move(parsed.problems), environment, flags);
}

Loaded load_file(const std::filesystem::path& file, const Environment& environment, const Flags& flags) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (std::filesystem::is_directory(status)) return failed("cannot be read: it is a directory");
    errno = 0;
    std::ifstream stream{file, std::ios::binary};
    if (!stream)
        return failed("cannot be opened: " + std::generic_category().message(errno != 0 ? errno : EIO));
    // One byte more than allowed tells a file that is too large, also where its size is not known, as for a
    // pipe.
    std::string text(file_size_max.count() + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad())
        return failed("cannot be read: " + std::generic_category().message(errno != 0 ? errno : EIO));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return load_text(text, environment, flags);
}

Loaded load_flags(const Flags& flags) {
    return load_text(
        {}, [](std::string_view) { return std::nullopt; }, flags);
}

}   // namespace outrigger::config
