// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/checks.hpp"

#include <cstring>

#include "sidecar/net/socket_stream.hpp"

namespace outrigger::admin {
namespace {

std::string message(const Fault& fault, const TcpCheck& check) {
    if (fault.reason == Reason::timeout) {
        const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(check.timeout).count();
        return "timeout of " + std::to_string(limit) + "ms exceeded";
    }
    // As Node prints it, which is what terminus shows: connect ECONNREFUSED 127.0.0.1:3000
    const char* name = fault.os_error ? ::strerrorname_np(fault.os_error) : nullptr;
    return "connect " + std::string{name ? name : fault.detail} + " " + check.shown;
}

}  // namespace

Task<health::Outcome> check_once(net::Loop& loop, const TcpCheck& check, Cancel& stop) {
    const Instant began = loop.scheduler().now();
    const Wait wait{after(began, check.timeout), &stop, Reason::timeout};
    Fault last{Reason::dns_failed, "no address"};
    for (const net::SocketAddress& address : check.addresses) {
        Result<std::unique_ptr<net::Stream>> connected = co_await net::connect(loop, address, wait);
        if (connected) {
            (*connected)->abort_on_close();   // no TIME_WAIT for each probe
            co_return health::up(loop.scheduler().now() - began);
        }
        last = connected.error();
        if (last.reason != Reason::connect_failed) break;
    }
    co_return health::down(message(last, check), loop.scheduler().now() - began);
}

}  // namespace outrigger::admin
