// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/demo/calls.hpp"
#include "sidecar/demo/condition.hpp"

namespace outrigger::demo {

// How the shop misbehaves, and from which seed.
struct ShopSettings {
    std::uint64_t seed = 1;
    Ratio slow = 20_percent;   // of the searches: 50 to 250 ms
    Ratio stuck = 4_percent;   // of the searches: `stuck_for`, longer than anyone should wait
    Duration stuck_for = std::chrono::milliseconds{1500};
    Ratio failing = 30_percent;   // of the calls to /flaky: 503, now and then 500
};

// A small shop: HTTP services in this process. The gateway calls the others, which stand behind the sidecar, too.
//   GET /users/{id}          users, on three addresses
//   GET /orders/{id}/items   orders
//   POST /orders             orders; echoes the JSON body with an id
//   GET /flaky               orders; fails for a share of calls
//   GET /search?q=           search; slow now and then, seldom stuck
//   GET /health              the gateway itself
class Shop {
public:
    static constexpr std::array<const char*, 3> users_hosts{"127.0.0.1", "127.0.0.2", "127.0.0.3"};

    // Open once made, but for its calls. `clock` must outlive it. Throws std::runtime_error if it finds no free port.
    Shop(const ShopSettings& settings, const Clock& clock);
    ~Shop();
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    [[nodiscard]] std::uint16_t gateway_port() const noexcept;
    [[nodiscard]] std::uint16_t port(Callee callee) const noexcept;   // of users: on all its addresses

    // The gateway's paths as templates.
    [[nodiscard]] static std::vector<std::string> routes();

    // See Gateway.
    void call_at(std::vector<std::string> addresses);
    [[nodiscard]] Comparison finish_calls();

    // From now on it fares so. Any thread.
    void become(Member member, Condition condition) noexcept;

    // Calls off every delay and closes. What waited is answered 503.
    void stop();

private:
    struct Services;
    std::unique_ptr<Services> services_;
};

}  // namespace outrigger::demo
