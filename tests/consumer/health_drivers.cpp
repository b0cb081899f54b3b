// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health.hpp>
#include <outrigger/health_drivers.hpp>

#include <iostream>
#include <stdexcept>

namespace health = outrigger::health;

int main() {
    health::Registry registry;
    registry.ready("cache", health::redis("redis://127.0.0.1:1"));
    registry.ready("database", health::postgres("host=127.0.0.1 port=1"));
    try {
        (void)health::http("gopher://nowhere");
        return 1;
    } catch (const std::invalid_argument& refused) {   // thrown inside the library
        std::cout << refused.what() << '\n';
    }
}
