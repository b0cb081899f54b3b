// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience.hpp>

#include <chrono>
#include <iostream>
#include <string>

// Links outrigger::resilience only: no third party comes with it.
namespace og = outrigger;
namespace rs = outrigger::resilience;
using namespace std::chrono_literals;

int main() {
    auto users = rs::pipeline("users", rs::Timeout{.limit = 2s}, rs::Retry{.attempts = 3, .backoff = {.first = 1ms}},
                              rs::Breaker{.failure_rate = 0.5, .open_for = 5s});
    const og::Result<std::string> name = users.run([](rs::Call& call) -> og::Result<std::string> {
        if (call.attempt() < 2) return og::Fault{og::Reason::connect_failed, "refused"};
        return std::string{"Ada"};
    });
    std::cout << (name ? *name : std::string{to_string(name.error().reason)}) << '\n';
    return name ? 0 : 1;
}
