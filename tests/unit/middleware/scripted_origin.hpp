// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/core/loopback_server.hpp"

namespace outrigger::middleware {

// What an origin does with a request.
struct Answer {
    // flood: bytes as fast as they are taken, until the caller has gone
    enum class End { close, reset, stall, flood };
    std::string text = {};
    End end = End::close;
    bool drips = false;   // a byte of the text at a time, until the caller has gone
};

[[nodiscard]] inline std::string reply(const std::string& status, const std::string& body = "ok",
                                       const std::string& fields = "") {
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// An HTTP server on loopback that answers the n-th request (from 1) as it is told to, one connection for each request,
// and keeps what it was sent.
class ScriptedOrigin {
public:
    explicit ScriptedOrigin(std::function<Answer(std::size_t)> script)
        : script_{std::move(script)}, server_{[this](int fd) { serve(fd); }} {}
    explicit ScriptedOrigin(Answer always) : ScriptedOrigin{[always](std::size_t) { return always; }} {}

    [[nodiscard]] int port() const noexcept { return server_.port(); }
    [[nodiscard]] std::string url(const std::string& path = "/users/7?q=1") const {
        return "http://" + server_.address() + path;
    }
    [[nodiscard]] std::vector<std::string> requests() const {
        const std::scoped_lock lock{mutex_};
        return requests_;
    }

private:
    static constexpr int drip_milliseconds = 20;

    void serve(int fd) {
        const std::string request = read_request(fd);
        if (request.empty()) return;
        std::size_t number = 0;
        {
            const std::scoped_lock lock{mutex_};
            requests_.push_back(request);
            number = requests_.size();
        }
        play(fd, script_(number));
    }
    static void play(int fd, const Answer& answer) {
        if (answer.drips) {
            for (std::size_t at = 0; !gone(fd, drip_milliseconds); ++at)
                write_all(fd, std::string_view{answer.text}.substr(at % answer.text.size(), 1));
            return;
        }
        write_all(fd, answer.text);
        if (answer.end == Answer::End::stall) (void)gone(fd, -1);
        const std::string much(answer.end == Answer::End::flood ? 1 << 16 : 0, 'x');
        while (!much.empty() && ::send(fd, much.data(), much.size(), MSG_NOSIGNAL) > 0) {}
        if (answer.end != Answer::End::reset) return;
        const linger at_once{1, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    // The caller has closed the connection, within so long.
    static bool gone(int fd, int milliseconds) {
        pollfd entry{fd, POLLIN, 0};
        char byte = 0;
        return ::poll(&entry, 1, milliseconds) > 0 && ::recv(fd, &byte, 1, 0) <= 0;
    }
    static std::string read_request(int fd) {
        std::string text;
        std::size_t whole = std::string::npos;
        for (char some[4096]; text.size() < whole;) {
            const auto size = ::recv(fd, some, sizeof some, 0);
            if (size <= 0) return {};
            text.append(some, static_cast<std::size_t>(size));
            const std::size_t head = text.find("\r\n\r\n");
            if (head == std::string::npos) continue;
            const std::size_t at = text.find("Content-Length: ");
            whole = head + 4 + (at < head ? std::stoul(text.substr(at + 16)) : 0);
        }
        return text;
    }

    const std::function<Answer(std::size_t)> script_;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    LoopbackServer server_;
};

}   // namespace outrigger::middleware
