// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <outrigger/core/clock.hpp>

namespace outrigger::demo {

struct Request {
    std::string method = "GET";
    std::string url;              // http://127.0.0.1:8080/users/7
    std::string body = {};        // sent as application/json
    std::string request_id = {};  // empty: no X-Request-Id
};

struct Response {
    int status = 0;          // 0: no head came
    std::string error = {};  // why there is no whole answer; empty: there is one
    bool reached = true;     // false: no connection came about, so nobody has seen the request
    Duration took = {};
    std::string body = {};  // the first MiB
    std::string content_type = {};
    std::string request_id = {};  // as answered in X-Request-Id

    [[nodiscard]] bool failed() const noexcept { return !error.empty() || status >= 500; }
};

// A blocking HTTP/1.1 client that keeps its connection open: libcurl. Goes nowhere but where the URL says,
// whatever proxies the environment names. One thread at a time. libcurl sets itself up with the first one, so
// make them all on one thread.
class Client {
public:
    Client();  // throws std::bad_alloc
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // At most `within`, then `error` says so.
    [[nodiscard]] Response send(const Request& request, Duration within);

private:
    class Session;
    std::unique_ptr<Session> session_;
};

}  // namespace outrigger::demo
