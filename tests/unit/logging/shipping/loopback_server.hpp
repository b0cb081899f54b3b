// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <outrigger/logging/shipping/destination.hpp>

#include "logging/shipping/sender.hpp"
#include "logging/shipping/transfers.hpp"

namespace outrigger::logging {

// A listener on a free port of loopback. It serves each connection by `serve(fd)`, one after the other; without one the
// kernel accepts, and nobody reads.
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

    [[nodiscard]] Destination::Host host() const { return {"127.0.0.1", port_}; }

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

// Nobody listens there, and a moment ago somebody did.
inline Destination::Host dead_host() { return LoopbackServer{}.host(); }

inline void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}
inline std::string read_to_end(int fd) {
    std::string text(std::size_t{1} << 16, '\0');
    std::string all;
    for (ssize_t size; (size = ::recv(fd, text.data(), text.size(), 0)) > 0;)
        all.append(text.data(), static_cast<std::size_t>(size));
    return all;
}

// Answers the requests of a connection with these texts, one after the other, and then closes it.
class HttpPeer {
public:
    explicit HttpPeer(std::vector<std::string> answers)
        : answers_{std::move(answers)}, server_{[this](int fd) { serve(fd); }} {}

    [[nodiscard]] Destination::Host host() const { return server_.host(); }
    [[nodiscard]] std::vector<std::string> requests() const {
        const std::lock_guard lock{mutex_};
        return requests_;
    }

private:
    void serve(int fd) {
        while (next_ < answers_.size()) {
            const std::string request = read_request(fd);
            if (request.empty()) return;
            {
                const std::lock_guard lock{mutex_};
                requests_.push_back(request);
            }
            const std::string& answer = answers_[next_++];
            if (answer.empty()) return;
            write_all(fd, answer);
        }
    }
    static std::string read_request(int fd) {
        std::string text;
        std::size_t whole = std::string::npos;
        for (char c[65536]; text.size() < whole;) {
            const auto size = ::recv(fd, c, sizeof c, 0);
            if (size <= 0) return {};
            text.append(c, static_cast<std::size_t>(size));
            const std::size_t head = text.find("\r\n\r\n");
            if (head == std::string::npos) continue;
            const std::size_t at = text.find("Content-Length: ");
            whole = head + 4 + (at < head ? std::stoul(text.substr(at + 16)) : 0);
        }
        return text;
    }

    std::vector<std::string> answers_;
    std::size_t next_ = 0;   // the server's thread
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    LoopbackServer server_;
};

inline std::string reply(const std::string& status, const std::string& body = "ok", const std::string& fields = "") {
    return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

// Turns a sender until it has reported so many outcomes; for real sockets, and so in real time. Gives up after a while.
inline std::vector<Outcome> turn(Transfers& transfers, Sender& sender, std::size_t outcomes,
                                 Duration at_most = std::chrono::seconds{20}) {
    const SystemClock clock;
    const Instant end = clock.now() + at_most;
    std::vector<Outcome> ended;
    std::vector<pollfd> descriptors;
    while (clock.now() < end) {
        transfers.perform();
        sender.advance(clock.now(), ended);
        if (ended.size() >= outcomes) break;
        descriptors.clear();
        sender.watch(descriptors);
        transfers.wait(descriptors, std::max(Duration{}, std::min(end, sender.wakes_at()) - clock.now()));
    }
    return ended;
}

}   // namespace outrigger::logging
