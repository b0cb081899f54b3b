// SPDX-License-Identifier: Apache-2.0
// An orders service. Whoever places an order is looked up at the users service, and charged by the payments service;
// both calls are protected, and what happens is told in metrics, logs and health.
//
//   POST /orders  user=7&total=12.50   201, and the order
//   GET  /orders/<id>                  the order, with its user as long as the users service answers
//   /metrics, /health, /health/live, /health/ready     on a port of their own
//
// Settings come from the environment: PORT, ADMIN_PORT, USERS, PAYMENTS, and those of service.hpp.
#include <outrigger/middleware/httplib.hpp>
#include <outrigger/middleware/httplib_client.hpp>
#include <outrigger/outrigger.hpp>

#include "service.hpp"

#include <map>
#include <mutex>
#include <optional>

namespace mw = og::middleware;
namespace rs = og::resilience;
using og::logging::field;
using namespace std::chrono_literals;
using httplib::Request;
using httplib::Response;
using Reply = og::Result<Response>;

namespace {

struct Order {
    std::string id;
    std::string key;   // of the request: whoever repeats it is not charged again
    std::string user;
    std::string total;
};

// In memory.
class Orders {
public:
    // The order that came first with this key.
    Order add(const Order& order) {
        const std::scoped_lock lock{mutex_};
        const std::string& id = ids_.emplace(order.key, order.id).first->second;
        return by_id_.emplace(id, order).first->second;
    }
    [[nodiscard]] std::optional<Order> find(const std::string& id) const {
        const std::scoped_lock lock{mutex_};
        const auto found = by_id_.find(id);
        return found == by_id_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::string> ids_;   // by key
    std::map<std::string, Order> by_id_;
};

// ---- Calls to the upstreams

using Pipeline = rs::Pipeline<rs::Timeout, rs::Retry, rs::Breaker>;

struct Upstream {
    std::string url;
    Pipeline& pipeline;             // one for all threads
    mw::ClientTelemetry& telemetry;
};

// [readme: call]
Reply send(const Upstream& to, const Request& request, std::string_view route) {
    httplib::Client client{to.url};   // a connection per call; or keep a client per thread
    return mw::call(to.pipeline, client, request, {.route = route, .telemetry = &to.telemetry});
}

Reply find_user(const Upstream& users, const std::string& id) {   // a GET is safe to repeat
    Request request;
    request.method = "GET";
    request.path = "/users/" + id;
    return send(users, request, "/users/{id}");
}

Reply charge(const Upstream& payments, const Order& order) {
    Request request;
    request.method = "POST";
    request.path = "/charges";
    request.set_header("Idempotency-Key", order.key);   // without it, a POST that may have come is not repeated
    request.set_header("Content-Type", "application/x-www-form-urlencoded");
    request.body = "total=" + order.total;
    return send(payments, request, "/charges");
}
// [readme: end]

// ---- Answers

std::string new_id() {
    og::Rng rng = og::Rng::from_system();
    const auto id = mw::random_id(rng);
    return {id.begin(), id.end()};
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() < 20 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_amount(std::string_view text) {   // 12, or 12.50
    const auto point = text.find('.');
    return is_number(text.substr(0, point)) && (point == std::string_view::npos || is_number(text.substr(point + 1)));
}

// The user is the users service's answer, JSON as it came.
std::string json(const Order& order, const std::string& user) {
    return R"({"id":")" + order.id + R"(","total":")" + order.total + R"(","user":)" + user + "}\n";
}

void refuse(Response& response, int status, const std::string& why) {
    response.status = status;
    response.set_content(R"({"error":")" + why + "\"}\n", "application/json");
}

// The upstream gave no answer, or none that is of use.
void unavailable(Response& response, const Upstream& upstream, const Reply& reply) {
    if (reply) return refuse(response, 502, upstream.pipeline.name() + " answered " + std::to_string(reply->status));
    const og::Fault& fault = reply.error();
    if (fault.retry_after.count() > 0)
        response.set_header("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(fault.retry_after).count()));
    refuse(response, og::facts(fault.reason).status, upstream.pipeline.name() + ": " + std::string{to_string(fault.reason)});
}

void place_order(const Request& request, Response& response, Orders& orders, const Upstream& users,
                 const Upstream& payments, const og::logging::Logger& log) {
    Order order{new_id(), request.get_header_value("Idempotency-Key"), request.get_param_value("user"),
                request.get_param_value("total")};
    if (order.key.empty()) order.key = order.id;
    if (!is_number(order.user) || !is_amount(order.total)) return refuse(response, 400, "user and total are numbers");

    const Reply user = find_user(users, order.user);
    if (user && user->status == 404) return refuse(response, 404, "there is no such user");
    if (!user || user->status != 200) return unavailable(response, users, user);

    const Reply charged = charge(payments, order);
    if (!charged || charged->status != 201) return unavailable(response, payments, charged);

    order = orders.add(order);
    log.info("order placed", field("order.id", order.id), field("order.total", order.total));
    response.status = 201;
    response.set_content(json(order, user->body), "application/json");
}

void show_order(const Request& request, Response& response, const Orders& orders, const Upstream& users) {
    const auto order = orders.find(last_segment(request.path));
    if (!order) return refuse(response, 404, "there is no such order");
    const Reply user = find_user(users, order->user);
    response.set_content(json(*order, user && user->status == 200 ? user->body : "null"), "application/json");
}

int serve() {
    const og::logging::Logger log = open_log("orders");
    mw::HealthChanges changes;
    const auto lines = log.sink();
    const mw::OperationalLog operations{*lines, "orders"};
    og::health::Registry health{{.refresh = 1s, .on_change = [&](const og::health::CheckChanged& change) {
                                     changes.count(change);
                                     operations.emit(change, og::SystemClock{}.wall());
                                 }}};
    og::metrics::Registry registry;
    registry.absorb(og::metrics::process_metrics());
    registry.absorb(mw::health_metrics(health));
    registry.absorb(changes.metrics());

    // [readme: pipelines]
    const rs::Retry retry{.attempts = 3, .per_try_timeout = 500ms, .backoff = {.first = 25ms}};
    Pipeline users{{.name = "users"}, rs::Timeout{.limit = 2s}, retry, rs::Breaker{.open_for = 2s}};
    Pipeline payments{{.name = "payments"}, rs::Timeout{.limit = 2s}, retry, rs::Breaker{.open_for = 2s}};
    mw::record(users, registry, log);      // what their policies do: metrics and lines
    mw::record(payments, registry, log);
    mw::ClientTelemetry calls{registry, log};

    // Without payments there are no orders: no probe is sent, the circuit knows. Users have a page of their own.
    health.ready("payments", mw::circuit_check(payments), {.damping = {.fail_after = 1}});
    const std::string users_url = setting("USERS", "http://127.0.0.1:8081");
    health.ready("users", og::health::http(users_url + "/health/ready"), {.optional = true});
    // [readme: end]

    const Upstream to_users{users_url, users, calls};
    const Upstream to_payments{setting("PAYMENTS", "http://127.0.0.1:8082"), payments, calls};
    Orders orders;
    // [readme: server]
    httplib::Server server;
    server.set_tcp_nodelay(true);                // head and body of an answer are two packets
    mw::Observed observed = mw::observe(server, {.metrics = registry, .log = log});
    observed.Post("/orders", [&](const Request& request, Response& response) {
        place_order(request, response, orders, to_users, to_payments, log);
    });
    observed.Get("/orders/:id", [&](const Request& request, Response& response) {
        show_order(request, response, orders, to_users);
    });
    httplib::Server pages;                       // threads of their own: probes are answered while orders wait
    mw::expose(pages, {.metrics = registry, .health = health});
    // [readme: end]
    return run(observed, registry, health, log, &pages);
}

}   // namespace

int main() { return reported(serve); }
