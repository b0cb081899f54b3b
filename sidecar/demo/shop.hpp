// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

namespace outrigger::demo {

// How the shop misbehaves, and from which seed.
struct ShopSettings {
    std::uint64_t seed = 1;
    Ratio slow = 20_percent;  // of the searches: 50 to 400 ms
    Ratio stuck = 4_percent;  // of the searches: `stuck_for`, longer than anyone should wait
    Duration stuck_for = std::chrono::seconds{3};
    Ratio failing = 30_percent;  // of the calls to /flaky: 500 or 503
};

// A small shop: three HTTP services in this process, the gateway calling the other two over real connections.
//   GET /users/{id}          users
//   GET /orders/{id}/items   orders
//   POST /orders             orders; echoes the JSON body with an id
//   GET /search?q=           orders; slow now and then, seldom stuck
//   GET /flaky               orders; fails for a share of calls
//   GET /health              the gateway itself
// The gateway hands X-Request-Id and traceparent on and echoes X-Request-Id.
class Shop {
public:
    // Open once made. Throws std::runtime_error if it finds no free port.
    explicit Shop(const ShopSettings& settings);
    ~Shop();
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    [[nodiscard]] std::uint16_t gateway_port() const noexcept;
    [[nodiscard]] std::uint16_t users_port() const noexcept;
    [[nodiscard]] std::uint16_t orders_port() const noexcept;

    // The gateway's paths as templates.
    [[nodiscard]] static std::vector<std::string> routes();

    // Calls off every delay and closes. What waited is answered 503.
    void stop();

private:
    struct Services;
    std::unique_ptr<Services> services_;
};

}  // namespace outrigger::demo
