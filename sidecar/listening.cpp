// SPDX-License-Identifier: Apache-2.0
#include "sidecar/listening.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include "sidecar/sidecar.hpp"

namespace outrigger::sidecar {

std::vector<net::SocketAddress> resolved(const std::string& host, std::uint16_t port, const std::string& setting) {
    auto addresses = net::resolve(host, port);
    if (addresses) return std::move(*addresses);
    throw StartError{setting + ": cannot resolve '" + host +
                     "': " + std::string{addresses.error().detail}};
}

namespace {

[[noreturn]] void refuse_to_listen(const config::Address& address, const std::string& setting, const char* flag, int error) {
    std::string text = setting + ": cannot listen on " + address.to_text() + ": " + std::strerror(error);
    if (error == EADDRINUSE) text += "; choose another port with " + setting + (flag ? std::string{" or "} + flag : "");
    if (error == EACCES) text += "; ports below 1024 need a privilege";
    throw StartError{text};
}

}  // namespace

// Without SO_REUSEPORT first, so that a port that is taken is seen.
std::vector<net::Fd> listening_sockets(const config::Address& address, std::size_t count, const std::string& setting,
                                       const char* flag) {
    const auto candidates = resolved(address.host, address.port, setting);
    int error = 0;
    for (net::SocketAddress place : candidates) {
        if (const auto probed = net::probe_bind(place); !probed) {
            error = probed.error().os_error;
            if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) continue;   // no IPv6 here: the next candidate
            refuse_to_listen(address, setting, flag, error);
        }
        std::vector<net::Fd> sockets;
        while (sockets.size() < count) {
            auto socket = net::listen_on(place, count > 1);
            if (!socket) refuse_to_listen(address, setting, flag, socket.error().os_error);
            place.set_port(net::local_address(socket->number()).port());   // port 0: all share what the first got
            sockets.push_back(std::move(*socket));
        }
        return sockets;
    }
    refuse_to_listen(address, setting, flag, error);
}

}  // namespace outrigger::sidecar
