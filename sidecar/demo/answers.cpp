// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/answers.hpp"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <httplib.h>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;
using httplib::Server;

constexpr const char* json = "application/json";
constexpr std::uint32_t users_known = 500;

struct Product {
    std::string_view name;
    int cents;
};
constexpr std::array<Product, 6> products{{{"paddle", 4900},
                                           {"mast", 21900},
                                           {"sail", 35000},
                                           {"rope, 20 m", 2450},
                                           {"lantern", 3900},
                                           {"compass", 5500}}};
constexpr std::array<std::string_view, 8> names{"Ada", "Basil", "Cleo", "Dara", "Emil", "Fay", "Gus", "Hana"};

void answer(httplib::Response& response, int status, std::string body) {
    response.status = status;
    response.set_content(body += '\n', json);
}

void refuse(httplib::Response& response, int status, std::string_view why) {
    answer(response, status, "{\"error\":\"" + std::string{why} + "\"}");
}

// The {id} of a path; httplib's pattern admits digits only.
std::optional<std::uint32_t> id_of(const httplib::Request& request) {
    const std::string digits = request.matches[1];
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    return error == std::errc{} && end == digits.data() + digits.size() ? std::optional{id} : std::nullopt;
}

// ---- users ------------------------------------------------------------------------------------------------

std::string user_json(std::uint32_t id) {
    return "{\"id\":" + std::to_string(id) + ",\"name\":\"" + std::string{names[id % names.size()]} + "\"}";
}

// ---- orders -----------------------------------------------------------------------------------------------

std::string product_json(const Product& product) {
    return "{\"name\":\"" + std::string{product.name} + "\",\"cents\":" + std::to_string(product.cents) + "}";
}

std::string items_json(std::uint32_t order) {
    std::string items = "{\"order\":" + std::to_string(order) + ",\"items\":[";
    for (std::uint32_t i = 0; i <= order % 3; ++i)
        items.append(i == 0 ? "" : ",").append(product_json(products[(order + i) % products.size()]));
    return items + "]}";
}

void show_items(const httplib::Request& request, httplib::Response& response, Weather& weather) {
    const auto id = id_of(request);
    if (!weather.pass_time(1ms, 12ms)) return refuse(response, 503, "the shop closes");
    if (!id) return refuse(response, 404, "there is no such order");
    answer(response, 200, items_json(*id));
}

void take_order(const httplib::Request& request, httplib::Response& response, std::uint32_t id) {
    if (!request.body.starts_with('{')) return refuse(response, 400, "an order is a JSON object");
    answer(response, 201, "{\"id\":" + std::to_string(id) + ",\"order\":" + request.body + "}");
}

void fail_at_times(const httplib::Request&, httplib::Response& response, Weather& weather) {
    if (!weather.chance.happens(weather.settings.failing))
        return answer(response, 200, "{\"stock\":\"counted\"}");
    if (weather.chance.happens(80_percent))
        return refuse(response, 503, "the stock is being counted, ask later");
    refuse(response, 500, "a price is missing");
}

// ---- search -----------------------------------------------------------------------------------------------

void search(const httplib::Request& request, httplib::Response& response, Weather& weather) {
    if (weather.ill(Member::search, response)) return;
    const ShopSettings& settings = weather.settings;
    const bool open = weather.chance.happens(settings.stuck)  ? weather.delays.wait(settings.stuck_for)
                      : weather.chance.happens(settings.slow) ? weather.pass_time(50ms, 250ms)
                                                              : weather.pass_time(3ms, 15ms);
    if (!open) return refuse(response, 503, "the shop closes");
    std::string found;
    for (const Product& product : products)
        if (product.name.find(request.get_param_value("q")) != std::string_view::npos)
            found.append(found.empty() ? "" : ",").append(product_json(product));
    answer(response, 200, "{\"found\":[" + found + "]}");
}

}  // namespace

bool Weather::ill(Member member, httplib::Response& response) {
    const auto place = static_cast<std::size_t>(member);
    const Condition condition = conditions[place];
    if (condition == Condition::well) return false;
    if (condition == Condition::hanging) (void)delays.wait(settings.stuck_for);
    refuse(response, 503, std::string{members[place]} + " is out of order");
    return true;
}

void declare_users(Server& server, Weather& weather, Member member) {
    server.Get(R"(/users/(\d+))",
               [&weather, member](const httplib::Request& request, httplib::Response& response) {
                   const auto id = id_of(request);
                   if (weather.ill(member, response)) return;
                   if (!weather.pass_time(500us, 4ms)) return refuse(response, 503, "the shop closes");
                   if (!id || *id == 0 || *id > users_known)
                       return refuse(response, 404, "there is no such user");
                   answer(response, 200, user_json(*id));
               });
}

void declare_orders(Server& server, Weather& weather, std::atomic<std::uint32_t>& last_order) {
    server.Get(R"(/orders/(\d+)/items)",
               [&weather](const auto& request, auto& response) { show_items(request, response, weather); });
    server.Post("/orders", [&last_order](const httplib::Request& request, httplib::Response& response) {
        take_order(request, response, ++last_order);
    });
    server.Get("/flaky", [&weather](const auto& request, auto& response) {
        fail_at_times(request, response, weather);
    });
}

void declare_search(Server& server, Weather& weather) {
    server.Get("/search",
               [&weather](const auto& request, auto& response) { search(request, response, weather); });
}

}  // namespace outrigger::demo
