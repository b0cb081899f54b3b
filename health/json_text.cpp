// SPDX-License-Identifier: Apache-2.0
#include "json_text.hpp"

#include <outrigger/core/utf8.hpp>

namespace outrigger::health {
namespace {

void append_control(std::string& out, char c) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    out += "\\u00";
    out += hex[code >> 4];
    out += hex[code & 15];
}

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    if (c >= 0 && c < ' ')
        append_control(out, c);
    else
        out += c;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        if (!step.valid)
            out += utf8_replacement;
        else if (step.length == 1)
            append_ascii(out, text.front());
        else
            out += text.substr(0, step.length);
        text.remove_prefix(step.length);
    }
    out += '"';
}

}  // namespace outrigger::health
