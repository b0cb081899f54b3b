// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/gateway.hpp"

#include <chrono>
#include <utility>

#include <httplib.h>

namespace outrigger::demo {
namespace {

using httplib::Server;

// Bounds how many connections the sidecar may keep to it. Without policies a call to a service that hangs takes its
// whole timeout, a second: as many at once as there are requests in a second.
constexpr std::size_t threads = 48;

constexpr std::size_t place_of(Callee callee) { return static_cast<std::size_t>(callee); }

void refuse(httplib::Response& response, int status, std::string_view why) {
    response.status = status;
    response.set_content("{\"error\":\"" + std::string{why} + "\"}\n", "application/json");
}

// The same question, for a service behind the gateway.
httplib::Request question(const httplib::Request& request) {
    httplib::Request inner;
    inner.method = request.method;
    inner.path = request.target;
    for (const char* name : {"X-Request-Id", "traceparent", "Content-Type"})
        if (request.has_header(name)) inner.headers.emplace(name, request.get_header_value(name));
    inner.body = request.body;
    return inner;
}

// With an id of its own, so that the journal tells the two apart.
httplib::Request without_policies(httplib::Request inner) {
    const std::string id = inner.get_header_value("X-Request-Id");
    inner.headers.clear();
    if (!id.empty()) inner.headers.emplace("X-Request-Id", id + std::string{bare_suffix});
    return inner;
}

// A connection per call keeps whoever is called free to stop at any time.
httplib::Result ask(const std::string& address, httplib::Request inner, const Clock& clock,
                    CallTally& tally) {
    const Instant began = clock.now();
    httplib::Client client{"http://" + address};
    client.set_tcp_nodelay(true);
    client.set_url_encode(false);   // the target is as the caller wrote it
    httplib::Result result = client.send(inner);
    tally.count(clock.now() - began, !result || result->status >= 500);
    return result;
}

}  // namespace

void Gateway::EndPool::operator()(httplib::ThreadPool* pool) const {
    pool->shutdown();   // joins
    delete pool;
}

Gateway::Gateway(const Clock& clock)
    : clock_{clock},
      beside_{new httplib::ThreadPool{threads}},
      service_{std::make_unique<Service>("gateway", threads, [this](Server& server) { declare(server); })} {}

Gateway::~Gateway() {
    stop();
    (void)finish();
}

void Gateway::stop() { service_->stop(); }

void Gateway::declare(Server& server) {
    const auto to = [this](Callee callee) {
        return [this, callee](const httplib::Request& request, httplib::Response& response) {
            pass_on(request, response, callee);
        };
    };
    server.Get(R"(/users/\d+)", to(Callee::users));
    server.Get(R"(/orders/\d+/items)", to(Callee::orders));
    server.Post("/orders", Server::Handler{to(Callee::orders)});
    server.Get("/flaky", to(Callee::orders));
    server.Get("/search", to(Callee::search));
    server.Get("/health", [](const auto&, httplib::Response& response) {
        response.set_content("{\"status\":\"ok\"}\n", "application/json");
    });
    server.set_post_routing_handler([](const httplib::Request& request, httplib::Response& response) {
        if (request.has_header("X-Request-Id"))
            response.set_header("X-Request-Id", request.get_header_value("X-Request-Id"));
    });
}

void Gateway::call_at(std::vector<std::string> addresses) {
    const std::lock_guard lock{mutex_};
    addresses_ = std::move(addresses);
}

std::string Gateway::address(std::size_t place) const {
    const std::lock_guard lock{mutex_};
    return place < addresses_.size() ? addresses_[place] : "";
}

void Gateway::pass_on(const httplib::Request& request, httplib::Response& response, Callee callee) {
    const std::size_t place = place_of(callee);
    const std::string with = address(place);
    if (with.empty()) return refuse(response, 503, "the shop is not open yet");
    httplib::Request inner = question(request);
    if (const std::string without = address(callees.size() + place); !without.empty()) {
        const std::lock_guard lock{mutex_};
        if (beside_)
            beside_->enqueue([this, place, without, bare = without_policies(inner)] {
                (void)ask(without, bare, clock_, tallies_[place].without);
            });
    }
    const httplib::Result result = ask(with, std::move(inner), clock_, tallies_[place].with);
    if (!result) return refuse(response, 502, "a service behind the gateway does not answer");
    response.status = result->status;
    response.set_content(result->body, result->get_header_value("Content-Type").c_str());
}

Comparison Gateway::finish() {
    decltype(beside_) ending;
    {
        const std::lock_guard lock{mutex_};
        ending = std::move(beside_);
    }
    ending.reset();
    Comparison all;
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = {tallies_[i].with.results(), tallies_[i].without.results()};
    return all;
}

}  // namespace outrigger::demo
