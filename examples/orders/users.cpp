// SPDX-License-Identifier: Apache-2.0
// The users service: GET /users/<id> answers who that is.
#include "service.hpp"

#include <array>
#include <string_view>

namespace mw = og::middleware;

namespace {

constexpr std::array<std::string_view, 3> names{"Ada", "Grace", "Edsger"};

void show_user(const httplib::Request& request, httplib::Response& response) {
    const std::string id = last_segment(request.path);
    if (id.size() != 1 || id[0] < '1' || id[0] > '3') {
        response.status = 404;
        return;
    }
    const std::string name{names[static_cast<std::size_t>(id[0] - '1')]};
    response.set_content(R"({"id":)" + id + R"(,"name":")" + name + "\"}", "application/json");
}

int serve() {
    const og::logging::Logger log = open_log("users");
    og::health::Registry health;
    og::metrics::Registry registry;
    httplib::Server server;
    server.set_tcp_nodelay(true);   // head and body of an answer are two packets
    mw::Observed observed = mw::observe(server, {.metrics = registry, .log = log});
    observed.Get("/users/:id", show_user);
    mw::expose(server, {.metrics = registry, .health = health});
    return run(observed, registry, health, log);
}

}   // namespace

int main() { return reported(serve); }
