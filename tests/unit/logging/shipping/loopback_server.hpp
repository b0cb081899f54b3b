// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <outrigger/logging/shipping/destination.hpp>

#include "logging/shipping/sender.hpp"
#include "logging/shipping/transfers.hpp"
#include "tests/unit/core/loopback_server.hpp"

namespace outrigger::logging {

// As a destination names it.
class LoopbackServer : public outrigger::LoopbackServer {
public:
    using outrigger::LoopbackServer::LoopbackServer;
    [[nodiscard]] Destination::Host host() const { return {"127.0.0.1", port()}; }
};

// Nobody listens there, and a moment ago somebody did.
inline Destination::Host dead_host() { return LoopbackServer{}.host(); }

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
