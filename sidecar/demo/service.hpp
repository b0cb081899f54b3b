// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace httplib {
class Server;
}  // namespace httplib

namespace outrigger::demo {

// Where a service listens: a loopback address, and a port, 0 for any free one.
struct Place {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
};

// One server of the shop. It serves from its making until stop(), on a thread
// that accepts and `threads` that answer; a kept-alive connection holds one of these, for a second at most
// while idle.
class Service {
public:
    // `declare` adds the routes. Throws std::runtime_error that names the service if it cannot listen.
    Service(const std::string& name, std::size_t threads,
            const std::function<void(httplib::Server&)>& declare, const Place& place = {});
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    // Answers what has arrived, and ends. Takes as long as a handler takes, and up to a second for a caller
    // that keeps an idle connection open.
    void stop();

private:
    std::unique_ptr<httplib::Server> server_;
    std::uint16_t port_ = 0;
    std::atomic<bool> ended_ = false;
    std::thread accepting_;
};

}  // namespace outrigger::demo
