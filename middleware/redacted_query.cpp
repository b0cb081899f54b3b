// SPDX-License-Identifier: Apache-2.0
#include "redacted_query.hpp"

#include <algorithm>
#include <charconv>

namespace outrigger::middleware {
namespace {

constexpr std::string_view field = "url.query.";

// "url.query.name", without %XX and +. Brackets, as in user[password], make steps: user.password.
std::string path_of(std::string_view name) {
    std::string path{field};
    while (!name.empty()) {
        unsigned char byte = 0;
        const bool escaped =
            name.size() >= 3 && name[0] == '%' &&
            std::from_chars(name.data() + 1, name.data() + 3, byte, 16).ptr == name.data() + 3;
        const char c = escaped ? static_cast<char>(byte) : name[0] == '+' ? ' ' : name[0];
        if (c != ']') path += c == '[' ? '.' : c;
        name.remove_prefix(escaped ? 3 : 1);
    }
    return path;
}

}   // namespace

std::string_view redacted_query(std::string_view query, const logging::Redaction& redaction,
                                std::string& room) {
    if (query.empty() || redaction.empty()) return query;
    room.clear();
    for (std::string_view rest = query;;) {
        const std::string_view parameter = rest.substr(0, rest.find('&'));
        const std::string_view name = parameter.substr(0, parameter.find('='));
        room += name;
        if (name.size() < parameter.size())
            room += redaction.matches(path_of(name)) ? "=" + std::string{logging::Redaction::blot}
                                                     : std::string{parameter.substr(name.size())};
        if (parameter.size() == rest.size()) return room;
        room += '&';
        rest.remove_prefix(parameter.size() + 1);
    }
}

}   // namespace outrigger::middleware
