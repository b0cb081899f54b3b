// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What travels: requests as a browser behind a gateway sends them, replies as a small JSON service gives them. Each
// request carries a number in its path, its reply carries the same one in its body: a reply that went to somebody else
// is found.
namespace outrigger::bench {

inline constexpr std::size_t number_digits = 8;
inline constexpr std::uint64_t numbers_end = 100'000'000;

// A GET with ten header fields, about 600 bytes, whose number can be changed.
class Request {
public:
    Request();
    [[nodiscard]] std::string_view with(std::uint64_t number);

private:
    std::string text_;
};

// The reply to a request: 128 bytes of body behind a head of seven fields.
class Reply {
public:
    Reply();
    // `request` begins with a request line as Request writes it. Throws if it does not.
    [[nodiscard]] std::string_view to(std::string_view request);

private:
    std::string text_;
    std::size_t number_at_;
};

// The length of the message head at the beginning of `bytes`, its empty line included; 0 if it is not whole yet.
[[nodiscard]] std::size_t head_length(std::string_view bytes);

// Whether `bytes` is the whole reply to request `number`, or only the beginning of one. Throws std::runtime_error, with
// what is wrong, for everything but a 200 with a Content-Length and exactly the body that Reply wrote.
[[nodiscard]] bool is_whole_reply(std::string_view bytes, std::uint64_t number);

}  // namespace outrigger::bench
