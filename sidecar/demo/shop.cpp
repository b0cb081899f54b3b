// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/shop.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include <httplib.h>

#include "sidecar/demo/chance.hpp"
#include "sidecar/demo/service.hpp"
#include "sidecar/demo/stoppable_wait.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;
using httplib::Server;

constexpr const char* json = "application/json";
constexpr std::uint32_t users_known = 500;
// The gateway's threads bound how many connections the sidecar may keep to it; its calls are the others'
// load.
constexpr std::size_t gateway_threads = 32;
constexpr std::size_t service_threads = 16;

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

// What the misbehaving handlers share.
struct Weather {
    ShopSettings settings;
    Chance chance{settings.seed};
    StoppableWait delays;

    // False: the shop closes.
    bool pass_time(Duration low, Duration high) { return delays.wait(chance.between(low, high)); }
};

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

void declare_users(Server& server, Weather& weather) {
    server.Get(R"(/users/(\d+))", [&weather](const httplib::Request& request, httplib::Response& response) {
        const auto id = id_of(request);
        if (!weather.pass_time(500us, 4ms)) return refuse(response, 503, "the shop closes");
        if (!id || *id == 0 || *id > users_known) return refuse(response, 404, "there is no such user");
        answer(response, 200, user_json(*id));
    });
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

void search(const httplib::Request& request, httplib::Response& response, Weather& weather) {
    const ShopSettings& settings = weather.settings;
    const bool open = weather.chance.happens(settings.stuck)  ? weather.delays.wait(settings.stuck_for)
                      : weather.chance.happens(settings.slow) ? weather.pass_time(50ms, 400ms)
                                                              : weather.pass_time(3ms, 15ms);
    if (!open) return refuse(response, 503, "the shop closes");
    std::string found;
    for (const Product& product : products)
        if (product.name.find(request.get_param_value("q")) != std::string_view::npos)
            found.append(found.empty() ? "" : ",").append(product_json(product));
    answer(response, 200, "{\"found\":[" + found + "]}");
}

void fail_at_times(const httplib::Request&, httplib::Response& response, Weather& weather) {
    if (!weather.chance.happens(weather.settings.failing))
        return answer(response, 200, "{\"stock\":\"counted\"}");
    if (weather.chance.happens(50_percent))
        return refuse(response, 503, "the stock is being counted, ask later");
    refuse(response, 500, "a price is missing");
}

void declare_orders(Server& server, Weather& weather, std::atomic<std::uint32_t>& last_order) {
    server.Get(R"(/orders/(\d+)/items)",
               [&weather](const auto& request, auto& response) { show_items(request, response, weather); });
    server.Post("/orders", [&last_order](const httplib::Request& request, httplib::Response& response) {
        take_order(request, response, ++last_order);
    });
    server.Get("/search",
               [&weather](const auto& request, auto& response) { search(request, response, weather); });
    server.Get("/flaky", [&weather](const auto& request, auto& response) {
        fail_at_times(request, response, weather);
    });
}

// ---- gateway ----------------------------------------------------------------------------------------------

httplib::Headers headers_to_hand_on(const httplib::Request& request) {
    httplib::Headers headers;
    for (const char* name : {"X-Request-Id", "traceparent", "Content-Type"})
        if (request.has_header(name)) headers.emplace(name, request.get_header_value(name));
    return headers;
}

// Asks a service behind the gateway the same question and hands its answer back. A connection per call keeps
// the services free to stop at any time.
void pass_on(const httplib::Request& request, httplib::Response& response, std::uint16_t port) {
    httplib::Client client{"127.0.0.1", port};
    client.set_tcp_nodelay(true);
    client.set_url_encode(false);  // the target is as the caller wrote it
    httplib::Request inner;
    inner.method = request.method;
    inner.path = request.target;
    inner.headers = headers_to_hand_on(request);
    inner.body = request.body;
    const httplib::Result result = client.send(inner);
    if (!result) return refuse(response, 502, "a service behind the gateway does not answer");
    response.status = result->status;
    response.set_content(result->body, json);
}

void declare_gateway(Server& server, std::uint16_t users, std::uint16_t orders) {
    const auto to = [](std::uint16_t port) {
        return [port](const httplib::Request& request, httplib::Response& response) {
            pass_on(request, response, port);
        };
    };
    server.Get(R"(/users/\d+)", to(users));
    server.Get(R"(/orders/\d+/items)", to(orders));
    server.Post("/orders", httplib::Server::Handler{to(orders)});
    server.Get("/search", to(orders));
    server.Get("/flaky", to(orders));
    server.Get("/health",
               [](const auto&, httplib::Response& response) { answer(response, 200, R"({"status":"ok"})"); });
    server.set_post_routing_handler([](const httplib::Request& request, httplib::Response& response) {
        if (request.has_header("X-Request-Id"))
            response.set_header("X-Request-Id", request.get_header_value("X-Request-Id"));
    });
}

}  // namespace

struct Shop::Services {
    explicit Services(const ShopSettings& settings) : weather{.settings = settings} {}
    ~Services() { stop(); }
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    // Each is stopped before those that it calls.
    void stop() {
        weather.delays.stop();
        gateway.stop();
        orders.stop();
        users.stop();
    }

    Weather weather;
    std::atomic<std::uint32_t> last_order = 1000;
    Service users{"users", service_threads, [this](Server& server) { declare_users(server, weather); }};
    Service orders{"orders", service_threads,
                   [this](Server& server) { declare_orders(server, weather, last_order); }};
    Service gateway{"gateway", gateway_threads,
                    [this](Server& server) { declare_gateway(server, users.port(), orders.port()); }};
};

Shop::Shop(const ShopSettings& settings) : services_{std::make_unique<Services>(settings)} {}
Shop::~Shop() = default;

std::uint16_t Shop::gateway_port() const noexcept { return services_->gateway.port(); }
std::uint16_t Shop::users_port() const noexcept { return services_->users.port(); }
std::uint16_t Shop::orders_port() const noexcept { return services_->orders.port(); }

std::vector<std::string> Shop::routes() {
    return {"/users/{id}", "/orders/{id}/items", "/orders", "/search", "/flaky", "/health"};
}

void Shop::stop() { services_->stop(); }

}  // namespace outrigger::demo
