// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <outrigger/core/clock.hpp>

#include "sidecar/demo/chance.hpp"
#include "sidecar/demo/condition.hpp"
#include "sidecar/demo/shop.hpp"
#include "sidecar/demo/stoppable_wait.hpp"

namespace httplib {
class Server;
struct Response;
}  // namespace httplib

// What the services behind the gateway answer.
namespace outrigger::demo {

// What the misbehaving services share.
struct Weather {
    ShopSettings settings;
    Chance chance{settings.seed};
    StoppableWait delays;
    std::array<std::atomic<Condition>, members.size()> conditions{};

    // False: the shop closes.
    bool pass_time(Duration low, Duration high) { return delays.wait(chance.between(low, high)); }

    // True: it is not well, and has answered so.
    bool ill(Member member, httplib::Response& response);
};

void declare_users(httplib::Server& server, Weather& weather, Member member);
void declare_orders(httplib::Server& server, Weather& weather, std::atomic<std::uint32_t>& last_order);
void declare_search(httplib::Server& server, Weather& weather);

}  // namespace outrigger::demo
