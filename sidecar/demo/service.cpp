// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/service.hpp"

#include <chrono>
#include <stdexcept>

#include <httplib.h>

#include "sidecar/demo/stoppable_wait.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

void configure(httplib::Server& server, std::size_t threads) {
    server.new_task_queue = [threads] { return new httplib::ThreadPool{threads}; };   // the server deletes it
    // The default, SO_REUSEPORT, would share the port with strangers.
    server.set_socket_options([](socket_t) {});
    // Head and body leave in two writes: 40 ms apart without this.
    server.set_tcp_nodelay(true);
    // An idle connection holds a thread, and up stop(). The default count of 5 requests would wear out pools.
    server.set_keep_alive_timeout(1);
    server.set_keep_alive_max_count(100'000);
    server.set_payload_max_length(std::size_t{64} << 10);
    server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
        if (response.status == 404 && response.body.empty())
            response.set_content("{\"error\":\"the shop has no such page\"}\n", "application/json");
    });
}

// 0 or below: none.
int bound_port(httplib::Server& server, const Place& place) {
    if (place.port == 0) return server.bind_to_any_port(place.host.c_str());
    return server.bind_to_port(place.host.c_str(), place.port) ? place.port : 0;
}

}  // namespace

Service::Service(const std::string& name, std::size_t threads,
                 const std::function<void(httplib::Server&)>& declare, const Place& place)
    : server_{std::make_unique<httplib::Server>()} {
    configure(*server_, threads);
    declare(*server_);
    const int port = bound_port(*server_, place);
    if (port <= 0)
        throw std::runtime_error{"demo: the service " + name + " finds no free port on " + place.host};
    port_ = static_cast<std::uint16_t>(port);
    accepting_ = std::thread{[this] {
        server_->listen_after_bind();
        ended_ = true;
    }};
    StoppableWait pause;   // stop() would be lost on a server that does not run yet
    while (!server_->is_running() && !ended_) pause.wait(1ms);
}

Service::~Service() { stop(); }

void Service::stop() {
    if (!accepting_.joinable()) return;
    server_->stop();
    accepting_.join();
}

}  // namespace outrigger::demo
