// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <outrigger/core/clock.hpp>

#include "sidecar/demo/calls.hpp"
#include "sidecar/demo/service.hpp"

namespace httplib {
struct Request;
struct Response;
class ThreadPool;
}  // namespace httplib

namespace outrigger::demo {

// The shop's front door. What it is asked it asks the services behind it, as an app beside the sidecar does: at local
// ports. For the comparison each call is made twice at the same time: with the sidecar's policies, whose answer the
// caller gets, and without them. Hands X-Request-Id and traceparent on, and echoes X-Request-Id.
class Gateway {
public:
    explicit Gateway(const Clock& clock);   // which must outlive it
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return service_->port(); }
    // "127.0.0.1:41236", ...: by Callee, first those with policies, then those without. Until then it answers 503.
    void call_at(std::vector<std::string> addresses);
    // Waits for the calls without policies and tells. Once, when nobody calls it any more.
    [[nodiscard]] Comparison finish();
    void stop();

private:
    void declare(httplib::Server& server);
    void pass_on(const httplib::Request& request, httplib::Response& response, Callee callee);
    [[nodiscard]] std::string address(std::size_t place) const;

    struct Tallies {
        CallTally with;
        CallTally without;
    };
    const Clock& clock_;
    std::array<Tallies, callees.size()> tallies_;   // by Callee
    mutable std::mutex mutex_;                      // guards what follows
    std::vector<std::string> addresses_;
    struct EndPool {   // once what is queued is done
        void operator()(httplib::ThreadPool* pool) const;
    };
    std::unique_ptr<httplib::ThreadPool, EndPool>
        beside_;   // makes the calls without policies; null: they have ended
    std::unique_ptr<Service> service_;
};

}  // namespace outrigger::demo
