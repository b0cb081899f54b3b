// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the three services have alike: settings from the environment, where their logs go, and how they begin and end.
#include <outrigger/middleware/httplib.hpp>
#include <outrigger/outrigger.hpp>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace og = outrigger;

inline std::string setting(const char* name, const char* otherwise) {
    const char* const value = std::getenv(name);
    return value ? value : otherwise;
}

inline int number(const char* name, int otherwise) {
    const std::string text = setting(name, "");
    if (text.empty()) return otherwise;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0)
        throw std::invalid_argument{std::string{name} + " is \"" + text + "\", and should be a number"};
    return value;
}

// To stdout, unless LOG_TO says where: logstash+http://logstash:8080, say; with LOG_SPOOL, a directory where they wait
// until they are there. Or to LOG_FILE.
inline og::logging::Logger open_log(const char* service) {
    const auto level = og::logging::level_of(setting("LOG_LEVEL", "info"));
    return og::logging::Logger{{.service = service,
                                .level = level.value_or(og::logging::Level::info),
                                .file = setting("LOG_FILE", ""),
                                .ship = {.to = setting("LOG_TO", ""), .spool = {.dir = setting("LOG_SPOOL", "")}}}};
}

// "7" of "/users/7".
inline std::string last_segment(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Binds to the port that the setting says (0: a free one), and returns it.
inline int bound(httplib::Server& server, const char* name, int otherwise) {
    const int port = number(name, otherwise);
    if (port == 0) return server.bind_to_any_port("0.0.0.0");
    if (!server.bind_to_port("0.0.0.0", port))
        throw std::runtime_error{"port " + std::to_string(port) + " (" + name + ") is not to be had"};
    return port;
}

// Serves on PORT until SIGTERM, and ends in order. `pages`: a server of its own for them, on ADMIN_PORT; it ends last.
inline int run(og::middleware::Observed& observed, og::metrics::Registry& registry, og::health::Registry& health,
               const og::logging::Logger& log, httplib::Server* pages = nullptr) {
    httplib::Server& server = observed.server();
    // [readme: lifecycle]
    og::middleware::Lifecycle lifecycle{{.health = &health,
                                         .log = log,
                                         .in_flight = [&] { return registry.http_server().active(); },
                                         .delay = std::chrono::seconds{number("DRAIN_SECONDS", 5)}}};
    observed.set_post_routing_handler([&](const httplib::Request&, httplib::Response& response) {
        if (lifecycle.stopping()) response.set_header("Connection", "close");   // nobody comes back to who leaves
    });
    // [readme: end]
    std::string said = "port " + std::to_string(bound(server, "PORT", 8080));
    std::thread paging;
    if (pages != nullptr) {
        said += ", pages " + std::to_string(bound(*pages, "ADMIN_PORT", 9090));
        pages->set_tcp_nodelay(true);
        pages->set_keep_alive_max_count(1);           // nobody's idle connection holds up the end
        paging = std::thread{[&] { pages->listen_after_bind(); }};
        lifecycle.after("pages", [&] {
            pages->stop();
            paging.join();
        });
    }
    std::thread serving{[&] {
        server.listen_after_bind();
        lifecycle.request_shutdown("the server ended");
    }};
    lifecycle.close("server", [&] {
        server.stop();
        serving.join();
    });
    std::cerr << said + '\n';

    const auto report = lifecycle.wait();             // readiness goes, calls drain, the server ends, the log is flushed
    if (report.unfinished()) std::quick_exit(1);
    return report.clean() && report.signal != 0 ? 0 : 1;   // 1 too if the server ended by itself: to be started anew
}

// What cannot be opened or bound is said in a sentence.
inline int reported(int (*serve)()) {
    try {
        return serve();
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
}
