// SPDX-License-Identifier: Apache-2.0
// A server of cpp-httplib as a user of the library writes it, with one thread. It prints its port, and serves until
// stdin ends; then it prints what became of its log records.
//
// Usage: observed_server plain | observed FILE [SHIP_TO]      FILE: where records go, such as /dev/full
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <outrigger/health/registry.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/httplib.hpp>

namespace og = outrigger;

namespace {

void show_order(const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(128, 'x'), "application/json");
}

void serve(httplib::Server& server) {
    server.set_tcp_nodelay(true);   // head and body are two packets
    server.new_task_queue = [] { return new httplib::ThreadPool{1}; };
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread thread{[&server] { server.listen_after_bind(); }};
    std::printf("%d\n", port);
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {}
    while (!server.is_running()) std::this_thread::yield();   // else stop() is lost; here nobody counts the turns
    server.stop();
    thread.join();
}

void print(const og::logging::LoggerStats& stats) {
    std::uint64_t taken = 0;
    std::uint64_t refused = 0;
    for (const auto count : stats.taken) taken += count;
    for (const auto count : stats.refused) refused += count;
    std::printf("taken %llu refused %llu\n", static_cast<unsigned long long>(taken),
                static_cast<unsigned long long>(refused));
}

}   // namespace

int main(int count, char** arguments) {
    const std::string_view how = count > 1 ? arguments[1] : "";
    httplib::Server server;
    if (how == "plain") {
        server.Get("/orders/(\\d+)", [](const httplib::Request& request, httplib::Response& response) {
            response.set_header("X-Request-Id", "4bf92f3577b34da6a3ce929d0e0e4736");   // what is compared answers alike
            show_order(request, response);
        });
        serve(server);
        return 0;
    }
    if (how != "observed" || count < 3) return 2;
    og::metrics::Registry registry;
    og::health::Registry health;
    const og::logging::Logger log{
        {.service = "orders", .file = arguments[2], .ship = {.to = count > 3 ? arguments[3] : ""}}};
    auto observed = og::middleware::observe(server, {.metrics = registry, .log = log});
    observed.Get("/orders/(\\d+)", show_order);
    og::middleware::expose(server, {.metrics = registry, .health = health});
    serve(server);
    print(log.stats());
}
