// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/shop.hpp"

#include <cstddef>
#include <stdexcept>
#include <utility>

#include <httplib.h>

#include "sidecar/demo/answers.hpp"
#include "sidecar/demo/gateway.hpp"
#include "sidecar/demo/service.hpp"

namespace outrigger::demo {
namespace {

using httplib::Server;

constexpr std::size_t service_threads = 16;
constexpr std::size_t search_threads = 48;   // a call that hangs holds one
constexpr int port_tries = 5;

using Users = std::vector<std::unique_ptr<Service>>;

// All on one port, as the addresses of one name are.
Users open_users(Weather& weather) {
    Users users;
    Place place;
    for (const char* host : Shop::users_hosts) {
        place.host = host;
        const auto member = static_cast<Member>(users.size());
        users.push_back(std::make_unique<Service>(
            "users", service_threads, [&](Server& server) { declare_users(server, weather, member); },
            place));
        place.port = users.back()->port();
    }
    return users;
}

// Somebody may have the port on another address.
Users open_users_somewhere(Weather& weather) {
    for (int tries = 1; tries < port_tries; ++tries) {
        try {
            return open_users(weather);
        } catch (const std::runtime_error&) {
        }
    }
    return open_users(weather);
}

}  // namespace

struct Shop::Services {
    Services(const ShopSettings& settings, const Clock& clock)
        : weather{.settings = settings}, gateway{clock} {}
    ~Services() { stop(); }
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    // Each is stopped before those that it calls.
    void stop() {
        weather.delays.stop();
        gateway.stop();
        search.stop();
        orders.stop();
        for (const auto& service : users) service->stop();
    }

    Weather weather;
    std::atomic<std::uint32_t> last_order = 1000;
    Users users = open_users_somewhere(weather);
    Service orders{"orders", service_threads,
                   [this](Server& server) { declare_orders(server, weather, last_order); }};
    Service search{"search", search_threads, [this](Server& server) { declare_search(server, weather); }};
    Gateway gateway;
};

Shop::Shop(const ShopSettings& settings, const Clock& clock)
    : services_{std::make_unique<Services>(settings, clock)} {}
Shop::~Shop() = default;

std::uint16_t Shop::gateway_port() const noexcept { return services_->gateway.port(); }

std::uint16_t Shop::port(Callee callee) const noexcept {
    switch (callee) {
        case Callee::users: return services_->users.front()->port();
        case Callee::orders: return services_->orders.port();
        case Callee::search: return services_->search.port();
    }
    return 0;
}

std::vector<std::string> Shop::routes() {
    return {"/users/{id}", "/orders/{id}/items", "/orders", "/search", "/flaky", "/health"};
}

void Shop::call_at(std::vector<std::string> addresses) { services_->gateway.call_at(std::move(addresses)); }
Comparison Shop::finish_calls() { return services_->gateway.finish(); }

void Shop::become(Member member, Condition condition) noexcept {
    services_->weather.conditions[static_cast<std::size_t>(member)] = condition;
}

void Shop::stop() { services_->stop(); }

}  // namespace outrigger::demo
