// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <outrigger/health/probe.hpp>

// What tests of indicators share.
namespace outrigger::health {

// One run, now.
inline Outcome run(const Indicator& indicator, Duration timeout = std::chrono::seconds{10}) {
    const SystemClock clock;
    return indicator.run(Probe{clock, timeout});
}

// A listener on a free port of loopback. It answers each connection by `serve(fd)`, one after the other; without one it
// accepts (the kernel does) and says nothing.
class Server {
public:
    explicit Server(std::function<void(int)> serve = nullptr) : serve_{std::move(serve)} {
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
    ~Server() {
        ::shutdown(fd_, SHUT_RDWR);   // wakes accept()
        if (thread_.joinable()) thread_.join();
        ::close(fd_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    void accept() {
        for (int connection; (connection = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
            serve_(connection);
            ::close(connection);
        }
    }
    std::function<void(int)> serve_;
    int fd_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

// Reads until `end` came, or the peer's end.
inline std::string read_until(int fd, std::string_view end) {
    std::string text;
    for (char c; text.size() < end.size() || !text.ends_with(end);) {
        if (::recv(fd, &c, 1, 0) != 1) break;
        text += c;
    }
    return text;
}
inline void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}
// A serve() that reads a request up to `end`, and answers this.
inline std::function<void(int)> answering(std::string end, std::string answer) {
    return [end = std::move(end), answer = std::move(answer)](int fd) {
        (void)read_until(fd, end);
        write_all(fd, answer);
    };
}
// Nobody listens there, and a moment ago somebody did.
inline std::uint16_t dead_port() { return Server{}.port(); }

}   // namespace outrigger::health
