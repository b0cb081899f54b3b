// SPDX-License-Identifier: Apache-2.0
#include <httplib.h>

#include <outrigger/middleware/httplib.hpp>
#include <outrigger/outrigger.hpp>

#include <iostream>
#include <string>
#include <thread>

// A server of cpp-httplib, which is the program's own: the component middleware brings none.
namespace og = outrigger;

int main() {
    og::metrics::Registry registry;
    const og::logging::Logger log{{.service = "orders"}};
    og::health::Registry health;
    httplib::Server server;
    auto observed = og::middleware::observe(server, {.metrics = registry, .log = log});
    observed.Get("/orders/:id", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("order", "text/plain");
    });
    og::middleware::expose(server, {.metrics = registry, .health = health});

    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread thread{[&server] { server.listen_after_bind(); }};
    while (!server.is_running()) std::this_thread::yield();
    for (const char* const path : {"/orders/7", "/readyz", "/metrics"}) {
        const auto answer = httplib::Client{"127.0.0.1", port}.Get(path);
        std::cerr << (answer ? answer->body : "no answer") << '\n';
    }
    server.stop();
    thread.join();
}
