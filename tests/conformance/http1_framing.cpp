// SPDX-License-Identifier: Apache-2.0
// How our codec frames what comes on connections: http1_framing requests|responses <CASES
//
// A case is its length in four bytes, little-endian, a byte that is `H` when the request of a response was HEAD, and
// what comes on its connection. For each one a line of JSON tells the messages in their order and how it ended:
//   clean       between two messages
//   incomplete  the last message needs more bytes (a response: its connection ended too early)
//   refused     what follows the messages is refused
//   closed      the last message may be the connection's last one, whatever follows
#include "sidecar/http1/parser.hpp"

#include <cstdint>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace {

using namespace outrigger;
using namespace outrigger::http1;
using Json = nlohmann::json;

// Bytes as the Latin-1 characters that they are: JSON knows no bytes.
std::string text(std::string_view bytes) {
    std::string utf8;
    for (const char byte : bytes) {
        const auto code = static_cast<unsigned char>(byte);
        if (code < 0x80) {
            utf8 += byte;
        } else {
            utf8 += static_cast<char>(0xc0 | code >> 6);
            utf8 += static_cast<char>(0x80 | (code & 0x3f));
        }
    }
    return utf8;
}

Json pairs(const Fields& fields) {
    Json list = Json::array();
    for (const Field& field : fields.all()) {
        list.push_back(text(field.name));
        list.push_back(text(field.value));
    }
    return list;
}

Json trailer_pairs(std::string_view lines) {
    Json list = Json::array();
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = lines.find('\n', begin);
        const std::string_view line = lines.substr(begin, end - 1 - begin);   // its CR is no part of it
        const std::size_t colon = line.find(':');
        const std::size_t first = line.find_first_not_of(" \t", colon + 1);
        const std::size_t last = line.find_last_not_of(" \t");
        list.push_back(text(line.substr(0, colon)));
        list.push_back(first == std::string_view::npos ? "" : text(line.substr(first, last + 1 - first)));
        begin = end + 1;
    }
    return list;
}

enum class BodyEnd : std::uint8_t { whole, incomplete, refused };

// Takes the body from the start of `bytes` into `message`. `ends`: the connection ends behind them.
BodyEnd take_body(BodyPlan plan, std::string_view& bytes, bool ends, Json& message) {
    BodyDecoder decoder{plan};
    std::string body;
    std::string trailers;
    BodyEnd end = BodyEnd::whole;
    while (!decoder.done() && !bytes.empty()) {
        const Result<BodyDecoder::Step> step = decoder.decode(bytes);
        if (!step) {
            end = BodyEnd::refused;
            message["refusal"] = step.error().detail;
            break;
        }
        body += step->payload;
        trailers += step->trailer;
        bytes.remove_prefix(step->consumed);
    }
    const bool complete = decoder.done() || (ends && decoder.may_end_here());
    if (end == BodyEnd::whole && !complete) end = BodyEnd::incomplete;
    message["body"] = text(body);
    message["complete"] = complete;
    message["trailers"] = complete ? trailer_pairs(trailers) : Json::array();
    return end;
}

Json ended(Json messages, std::string_view end, std::string_view why = {}) {
    return {{"messages", std::move(messages)}, {"end", end}, {"why", why}};
}

Json frame_requests(std::string_view bytes) {
    Json messages = Json::array();
    const char* const begin = bytes.data();
    while (!bytes.empty()) {
        const std::size_t size = head_end(bytes, 0);
        if (size == 0) {
            const Result<void> sound = check_partial_request(bytes, {});
            return sound ? ended(messages, "incomplete") : ended(messages, "refused", sound.error().detail);
        }
        RequestHead head;
        const Result<void> parsed = parse_request(bytes.substr(0, size), {}, head);
        if (!parsed) return ended(messages, "refused", parsed.error().detail);
        if (head.method == "CONNECT") return ended(messages, "refused", "CONNECT is not taken by the proxy");
        Json message{{"method", head.method}, {"target", head.target}, {"fields", pairs(head.fields)}};
        message["path"] = head.path;
        message["absolute"] = head.target.front() != '/' && head.target != "*";
        bytes.remove_prefix(size);
        const BodyEnd end = take_body(head.body, bytes, false, message);
        // What follows such a request depends on its answer.
        message["answer_decides"] = !head.upgrade.empty() || head.expects_continue;
        message["end"] = bytes.data() - begin;
        messages.push_back(message);
        if (end == BodyEnd::refused) return ended(messages, "refused", message["refusal"].get<std::string>());
        if (end == BodyEnd::incomplete) return ended(messages, "incomplete");
        if (!head.keep_alive || !head.upgrade.empty()) return ended(messages, "closed");
    }
    return ended(messages, "clean");
}

// One final response, with the interim ones before it; then the connection ends.
Json frame_response(std::string_view bytes, bool to_head_request) {
    Json messages = Json::array();
    for (;;) {
        const std::size_t size = head_end(bytes, 0);
        if (size == 0) {
            const Result<void> sound = check_partial_response(bytes, {});
            return sound ? ended(messages, "incomplete") : ended(messages, "refused", sound.error().detail);
        }
        ResponseHead head;
        const Result<void> parsed = parse_response(bytes.substr(0, size), {}, to_head_request, head);
        if (!parsed) return ended(messages, "refused", parsed.error().detail);
        Json message{{"status", head.status}, {"phrase", text(head.reason_phrase)}, {"fields", pairs(head.fields)}};
        bytes.remove_prefix(size);
        message["until_close"] = head.body.framing == Framing::until_close;
        const bool final = head.status >= 200 || head.status == 101;
        const BodyEnd end = take_body(head.body, bytes, true, message);
        messages.push_back(message);
        if (end == BodyEnd::refused) return ended(messages, "refused", message["refusal"].get<std::string>());
        if (end == BodyEnd::incomplete) return ended(messages, "incomplete");
        if (final) return ended(messages, "closed");
    }
}

}  // namespace

int main(int count, char** arguments) {
    const bool requests = count == 2 && arguments[1] == std::string_view{"requests"};
    if (!requests && (count != 2 || arguments[1] != std::string_view{"responses"})) {
        std::cerr << "usage: http1_framing requests|responses <CASES\n";
        return 2;
    }
    const std::string input{std::istreambuf_iterator<char>{std::cin}, {}};
    for (std::string_view left = input; left.size() >= 5;) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const auto byte = static_cast<unsigned char>(left[i]);
            size |= static_cast<std::size_t>(byte) << 8 * i;
        }
        const bool to_head_request = left[4] == 'H';
        // A copy of its own, so that a read beyond its end is noticed where such things are.
        const std::string bytes{left.substr(5, size)};
        left.remove_prefix(std::min(left.size(), 5 + size));
        std::cout << (requests ? frame_requests(bytes) : frame_response(bytes, to_head_request)).dump() << '\n';
    }
    return 0;
}
