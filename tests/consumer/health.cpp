// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health.hpp>

#include <chrono>
#include <iostream>

namespace health = outrigger::health;
using namespace std::chrono_literals;

int main() {
    health::Registry registry;
    const auto database = registry.add("database", {.optional = true});
    registry.report(database, health::up(3ms));
    std::cout << registry.pages()->ready.body << '\n';
}
