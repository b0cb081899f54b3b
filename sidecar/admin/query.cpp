// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/query.hpp"

#include <algorithm>
#include <charconv>

namespace outrigger::admin {
namespace {

std::string decoded(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        const char* const digits = text.data() + i + 1;
        const bool encoded = text[i] == '%' && text.size() - i > 2 &&
                             std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
        if (encoded) {
            plain += static_cast<char>(byte);
            i += 2;
        } else {
            plain += text[i] == '+' ? ' ' : text[i];
        }
    }
    return plain;
}

}  // namespace

std::string query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), parameter.size() + 1));
        if (parameter.size() > name.size() && parameter.starts_with(name) && parameter[name.size()] == '=')
            return decoded(parameter.substr(name.size() + 1));
    }
    return {};
}

}  // namespace outrigger::admin
