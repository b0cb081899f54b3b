// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <curl/curl.h>

#include <outrigger/core/result.hpp>
#include <outrigger/resilience/verdict.hpp>

namespace outrigger::middleware {

// How a transfer of an easy handle ended, and what that means. A view of the handle, until its next transfer.
class CurlOutcome {
public:
    CurlOutcome(CURL* easy, CURLcode code) noexcept : easy_{easy}, code_{code} {}

    // A whole reply came. (With CURLOPT_FAILONERROR without its body.)
    [[nodiscard]] bool replied() const noexcept;
    [[nodiscard]] int status() const noexcept;                     // 0: none came
    [[nodiscard]] std::string_view retry_after() const noexcept;   // empty: there is none
    [[nodiscard]] std::string_view method() const noexcept;
    [[nodiscard]] std::string_view url() const noexcept;
    [[nodiscard]] std::uint64_t uploaded() const noexcept;         // bytes of the request's body
    [[nodiscard]] bool redirected() const noexcept;

    // Of what did not reply. `late`: the deadline has passed.
    [[nodiscard]] Fault fault(bool late) const noexcept;
    [[nodiscard]] resilience::Assessment meaning() const noexcept;

private:
    enum class Kind : std::uint8_t { name, connect, tls, cut, late, protocol, stopped, local };
    [[nodiscard]] Kind kind() const noexcept;
    [[nodiscard]] bool sent() const noexcept;   // the request, or some of it

    CURL* easy_;
    CURLcode code_;
};

}   // namespace outrigger::middleware
