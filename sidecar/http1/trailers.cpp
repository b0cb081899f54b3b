// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/trailers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "sidecar/http1/framing.hpp"
#include "sidecar/http1/parser.hpp"

namespace outrigger::http1 {

bool is_forwardable_trailer(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 18> kept_back{
        "Content-Length",   "Content-Encoding",  "Content-Type",      "Content-Range", "Trailer",      "Host",
        "Expect",           "Cache-Control",     "Authorization",     "Cookie",        "Set-Cookie",   "X-Forwarded-For",
        "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-Id",      "traceparent",   "tracestate",   "Forwarded"};
    return !always_hop_by_hop(name) && std::none_of(kept_back.begin(), kept_back.end(), [&](std::string_view other) {
        return same_name(name, other);
    });
}

void keep_forwardable(std::string& lines) {
    std::size_t kept = 0;
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = lines.find('\n', begin) + 1;   // the decoder lets no line without one pass
        const std::string_view line = std::string_view{lines}.substr(begin, end - begin);
        if (is_forwardable_trailer(line.substr(0, line.find(':')))) {
            std::copy(line.begin(), line.end(), lines.begin() + static_cast<std::ptrdiff_t>(kept));
            kept += line.size();
        }
        begin = end;
    }
    lines.resize(kept);
}

}   // namespace outrigger::http1
