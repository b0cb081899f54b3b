// SPDX-License-Identifier: Apache-2.0
// A service as a user of the library writes it, which ends in order. It prints its port and logs to stdout; GET /slow
// is answered once GET /release has come.
//
// Usage: lifecycle_app DELAY_MS [hangs]      hangs: a hook does not end
#include <httplib.h>

#include <outrigger/health/registry.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/middleware/lifecycle.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace og = outrigger;

int main(int argument_count, char** arguments) {
    const og::logging::Logger log{{.service = "orders"}};
    og::health::Registry health;
    std::atomic<std::uint64_t> in_flight{0};
    std::atomic<bool> released{false};
    og::middleware::Lifecycle lifecycle{{.health = &health,
                                         .log = log,
                                         .in_flight = [&] { return in_flight.load(); },
                                         .delay = std::chrono::milliseconds{std::atoi(arguments[1])},
                                         .timeouts = {.after = std::chrono::milliseconds{200}}}};

    httplib::Server server;
    server.Get("/ready", [&](const httplib::Request&, httplib::Response& reply) {
        const auto pages = health.pages();
        reply.status = pages->ready.status;
        reply.set_content(pages->ready.body, "application/json");
        reply.set_header("Calls", std::to_string(in_flight));
        if (lifecycle.stopping()) reply.set_header("Connection", "close");
    });
    server.Get("/slow", [&](const httplib::Request&, httplib::Response& reply) {
        ++in_flight;
        released.wait(false);
        reply.set_content("done", "text/plain");
        --in_flight;
    });
    server.Get("/release", [&](const httplib::Request&, httplib::Response&) {
        released = true;
        released.notify_all();
    });
    server.Get("/quit", [&](const httplib::Request&, httplib::Response&) { lifecycle.request_shutdown("GET /quit"); });

    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread serving{[&] {
        server.listen_after_bind();
        lifecycle.request_shutdown("the server ended");
    }};
    lifecycle.close("server", [&] {
        server.stop();
        serving.join();
    });
    if (argument_count > 2) lifecycle.after("pool", [] { std::atomic<bool>{false}.wait(false); });
    std::printf("%d\n", port);
    std::fflush(stdout);

    const auto report = lifecycle.wait();
    if (report.unfinished()) std::quick_exit(1);   // what it uses must not end before it
    return report.clean() ? 0 : 1;
}
