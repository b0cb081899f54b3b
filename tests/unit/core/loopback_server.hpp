// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

// A peer on a real socket, for tests of whatever room.
namespace outrigger {

// A listener on a free port of loopback. It serves each connection by `serve(fd)`, one after the other; without one the
// kernel accepts, and nobody reads. Its end shuts the connection down that is being served.
class LoopbackServer {
public:
    explicit LoopbackServer(std::function<void(int)> serve = nullptr) : serve_{std::move(serve)} {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        (void)::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        (void)::listen(fd_, 16);
        socklen_t size = sizeof address;
        (void)::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        if (serve_) thread_ = std::thread{[this] { accept(); }};
    }
    ~LoopbackServer() {
        ended_ = true;
        ::shutdown(fd_, SHUT_RDWR);   // wakes accept()
        if (const int connection = connection_; connection >= 0) ::shutdown(connection, SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
        ::close(fd_);
    }
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    void accept() {
        for (int connection; (connection = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
            connection_ = connection;
            if (!ended_) serve_(connection);
            connection_ = -1;
            ::close(connection);
        }
    }
    std::function<void(int)> serve_;
    int fd_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connection_{-1};
    std::atomic<bool> ended_{false};
    std::thread thread_;
};

inline void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}   // namespace outrigger
