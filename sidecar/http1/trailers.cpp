// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/trailers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "sidecar/http1/message.hpp"
#include "sidecar/http1/parser.hpp"

namespace outrigger::http1 {

bool is_forwardable_trailer(std::string_view name) noexcept {
    constexpr FieldNames kept_back = hop_by_hop | FieldNames{FieldName::host,           FieldName::expect,
                                                             FieldName::content_type,   FieldName::content_length,
                                                             FieldName::traceparent,    FieldName::tracestate,
                                                             FieldName::request_id,     FieldName::forwarded_for,
                                                             FieldName::forwarded_host, FieldName::forwarded_proto};
    constexpr std::array<std::string_view, 25> likewise{
        "Content-Encoding", "Content-Range", "Trailer",       "Cache-Control",       "Authorization",     "Cookie",
        "Set-Cookie",       "Forwarded",     "Via",           "WWW-Authenticate",    "Location",          "Age",
        "Date",             "Expires",       "Vary",          "Range",               "If-Match",          "If-None-Match",
        "If-Range",         "Retry-After",   "Max-Forwards",  "If-Modified-Since",   "If-Unmodified-Since", "Pragma",
        "Idempotency-Key"};
    return !kept_back.contains(field_name(name)) &&
           std::none_of(likewise.begin(), likewise.end(), [&](std::string_view other) { return same_name(name, other); });
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
