// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/writer.hpp"

#include <cstring>

namespace outrigger::http1 {

void HeadWriter::status_line(int status, std::string_view reason_phrase) noexcept {
    if (status == 200 && reason_phrase == "OK") return put("HTTP/1.1 200 OK\r\n");   // mostly
    const std::array<char, 4> digits{static_cast<char>('0' + status / 100 % 10),
                                     static_cast<char>('0' + status / 10 % 10),
                                     static_cast<char>('0' + status % 10), ' '};
    put("HTTP/1.1 ", std::string_view{digits.data(), digits.size()}, reason_phrase, "\r\n");
}

void HeadWriter::content_length(std::uint64_t length) noexcept {
    std::array<char, 20> digits;  // 2^64-1 has 20
    char* const end = digits.data() + digits.size();
    char* begin = end;
    do *--begin = static_cast<char>('0' + length % 10);
    while ((length /= 10) != 0);
    put("Content-Length: ", std::string_view{begin, end}, "\r\n");
}

void HeadWriter::fields(const Fields& fields) noexcept {
    const char* run = nullptr;   // lines to be copied as one
    const char* run_end = nullptr;
    for (const Field& field : fields.all()) {
        if (!fields.is_shown(field)) continue;
        if (field.verbatim && field.name.data() == run_end) {
            run_end = field.line_end();
            continue;
        }
        if (run) put(std::string_view{run, run_end});
        run = field.verbatim ? field.name.data() : nullptr;
        run_end = field.verbatim ? field.line_end() : nullptr;
        if (!run) this->field(field.name, field.value);
    }
    if (run) put(std::string_view{run, run_end});
}

void HeadWriter::fields(const ProxyFields& own) noexcept {
    if (own.forwarded_for.empty()) {
        if (!own.request_id.empty())
            put("X-Request-Id: ", own.request_id, "\r\ntraceparent: ", own.traceparent, "\r\n");
    } else {
        put("X-Forwarded-For: ", own.forwarded_for, "\r\nX-Forwarded-Proto: ", own.forwarded_proto, "\r\nX-Forwarded-Host: ",
            own.forwarded_host, "\r\nX-Request-Id: ", own.request_id, "\r\ntraceparent: ", own.traceparent, "\r\n");
    }
    const bool upgrades = !own.upgrade.empty();
    if (upgrades) put("Upgrade: ", own.upgrade, own.takes_trailers ? "\r\n" : "\r\nConnection: Upgrade\r\n");
    if (own.takes_trailers) put("TE: trailers\r\nConnection: ", upgrades ? "Upgrade, TE\r\n" : "TE\r\n");
}

// RFC 9110 section 15 and the IANA registry.
std::string_view reason_phrase(int status) noexcept {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 102: return "Processing";
        case 103: return "Early Hints";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 203: return "Non-Authoritative Information";
        case 204: return "No Content";
        case 205: return "Reset Content";
        case 206: return "Partial Content";
        case 207: return "Multi-Status";
        case 208: return "Already Reported";
        case 226: return "IM Used";
        case 300: return "Multiple Choices";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 305: return "Use Proxy";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 402: return "Payment Required";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 407: return "Proxy Authentication Required";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 423: return "Locked";
        case 424: return "Failed Dependency";
        case 425: return "Too Early";
        case 426: return "Upgrade Required";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 451: return "Unavailable For Legal Reasons";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 506: return "Variant Also Negotiates";
        case 507: return "Insufficient Storage";
        case 508: return "Loop Detected";
        case 511: return "Network Authentication Required";
        default: return "";
    }
}

ChunkHead::ChunkHead(std::uint64_t payload) noexcept : begin_{sizeof text_ - chunk_tail.size()} {
    std::memcpy(text_.data() + begin_, chunk_tail.data(), chunk_tail.size());
    do {
        text_[--begin_] = "0123456789abcdef"[payload & 0xf];
        payload >>= 4;
    } while (payload != 0);
}

}  // namespace outrigger::http1
