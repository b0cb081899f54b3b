// SPDX-License-Identifier: Apache-2.0
#include "bench/load/messages.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <strings.h>

namespace outrigger::bench {
namespace {

constexpr std::string_view before_number = "GET /orders/";
constexpr std::string_view after_number =
    "/items?page=2&size=50 HTTP/1.1\r\n"
    "Host: orders.shop.example:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0\r\n"
    "Accept: application/json, text/plain;q=0.9, */*;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.7\r\n"
    "Referer: https://www.shop.example/account/orders?page=1&size=50\r\n"
    "Cookie: session=9f86d081884c7d659a2feaa0c55ad015; theme=dark; cart=2c26b46b68ffc68ff99b453c1d304134\r\n"
    "Cache-Control: max-age=0\r\n"
    "If-None-Match: \"5d41402abc4b2a76b9719d911017c592\"\r\n"
    "X-Requested-With: XMLHttpRequest\r\n"
    "\r\n";

constexpr std::string_view reply_head =
    "HTTP/1.1 200 OK\r\n"
    "Server: shop\r\n"
    "Date: Mon, 02 Nov 2026 10:00:00 GMT\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Content-Length: 128\r\n"
    "ETag: \"7d793037a0760186574b0282f2f435e7\"\r\n"
    "Cache-Control: private, max-age=0\r\n"
    "Vary: Accept-Encoding\r\n"
    "\r\n";
constexpr std::string_view body_before_number = R"({"order":")";
constexpr std::string_view body_after_number =
    R"(","state":"sent","items":[{"sku":"A-1017","count":2,"price":"17.90"},{"sku":"B-204","count":1,"price":"4.5"}]})";
constexpr std::size_t body_size = 128;
static_assert(body_before_number.size() + number_digits + body_after_number.size() == body_size);

constexpr std::string_view content_length_name = "content-length:";

void write_number(char* digits, std::uint64_t number) {
    for (std::size_t i = number_digits; i-- > 0; number /= 10) digits[i] = static_cast<char>('0' + number % 10);
}

bool names_content_length(std::string_view line) {
    return line.size() > content_length_name.size() && (line[0] == 'c' || line[0] == 'C') &&
           ::strncasecmp(line.data(), content_length_name.data(), content_length_name.size()) == 0;
}

[[noreturn]] void fail(const std::string& what, std::string_view bytes) {
    throw std::runtime_error(what + ", received: " + std::string{bytes.substr(0, 400)});
}

std::size_t content_length(std::string_view head) {
    for (std::size_t at = head.find('\n') + 1; at < head.size();) {
        const std::size_t end = head.find('\n', at);
        std::string_view line = head.substr(at, end - at);
        if (names_content_length(line)) {
            line.remove_prefix(std::min(line.find_first_not_of(" \t", content_length_name.size()), line.size()));
            std::size_t length = 0;
            std::from_chars(line.data(), line.data() + line.size(), length);
            return length;
        }
        at = end + 1;
    }
    fail("a reply without Content-Length", head);
}

bool is_body(std::string_view body, std::uint64_t number) {
    char digits[number_digits];
    write_number(digits, number);
    return body.starts_with(body_before_number) &&
           body.substr(body_before_number.size()).starts_with(std::string_view{digits, number_digits}) &&
           body.substr(body_before_number.size() + number_digits).starts_with(body_after_number);
}

}  // namespace

Request::Request() {
    text_.append(before_number).append(number_digits, '0').append(after_number);
}

std::string_view Request::with(std::uint64_t number) {
    write_number(text_.data() + before_number.size(), number);
    return text_;
}

Reply::Reply() : number_at_{reply_head.size() + body_before_number.size()} {
    text_.append(reply_head).append(body_before_number).append(number_digits, '0').append(body_after_number);
}

std::string_view Reply::to(std::string_view request) {
    if (!request.starts_with(before_number) || request.size() < before_number.size() + number_digits) {
        fail("the origin got a request that nobody sent", request);
    }
    request.copy(text_.data() + number_at_, number_digits, before_number.size());
    return text_;
}

std::size_t head_length(std::string_view bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    return end == std::string_view::npos ? 0 : end + 4;
}

bool is_whole_reply(std::string_view bytes, std::uint64_t number) {
    const std::size_t head = head_length(bytes);
    if (head == 0) return false;
    if (!bytes.starts_with("HTTP/1.1 200 ")) fail("a reply that is not a 200", bytes);
    const std::size_t length = content_length(bytes.substr(0, head));
    if (length != body_size) fail("a reply of another length", bytes);
    if (bytes.size() < head + length) return false;
    if (bytes.size() > head + length) fail("bytes behind a reply", bytes);
    if (!is_body(bytes.substr(head), number)) fail("not the body of request " + std::to_string(number), bytes);
    return true;
}

}  // namespace outrigger::bench
