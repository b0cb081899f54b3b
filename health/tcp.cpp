// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/indicators.hpp>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "lookup.hpp"

namespace outrigger::health {
namespace {

class Socket {
public:
    explicit Socket(int family) noexcept
        : fd_{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int number() const noexcept { return fd_; }

private:
    int fd_;
};

// 0, or errno; ETIMEDOUT also when the run's time is up.
int connect_to(const sockaddr* address, socklen_t length, const Probe& probe) {
    const Socket socket{address->sa_family};
    if (socket.number() < 0) return errno;
    const linger at_once{1, 0};   // no TIME_WAIT for each run
    (void)::setsockopt(socket.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (::connect(socket.number(), address, length) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (probe.wait(socket.number(), POLLOUT) != Probe::Ready::ready) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// As Node prints it, which is what terminus shows: connect ECONNREFUSED 127.0.0.1:3000
Outcome refused(int error, const std::string& whom) {
    const char* name = ::strerrorname_np(error);
    return down(std::string{"connect "} + (name ? name : "failed") + " " + whom);
}

}   // namespace

Indicator tcp(std::string host, std::uint16_t port) {
    if (host.empty() || port == 0) throw std::invalid_argument("a tcp check needs a host and a port");
    auto lookup = std::make_shared<Lookup>(std::move(host), port);
    const auto run = [lookup](const Probe& probe) {
        return try_each(lookup->ask(probe), probe, [](const FoundAddress& address, const Probe& share) {
            const int error = connect_to(address.raw(), address.length, share);
            return error == 0 ? up() : refused(error, address.text());
        });
    };
    return {run, true};
}

Indicator unix_socket(std::string path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        throw std::invalid_argument("the path of a unix socket has 1 to 107 bytes");
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto run = [address, path = std::move(path)](const Probe& probe) {
        const int error = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, probe);
        if (error == 0) return up();
        return probe.left() == Duration::zero() ? probe.timed_out() : refused(error, path);
    };
    return {run, true};
}

Indicator dns(std::string name) {
    if (name.empty()) throw std::invalid_argument("a dns check needs a name");
    auto lookup = std::make_shared<Lookup>(std::move(name), std::uint16_t{0});
    const auto run = [lookup](const Probe& probe) {
        Lookup::Answer answer = lookup->ask(probe);
        return answer.addresses.empty() ? std::move(answer.failure) : up();
    };
    return {run, true};
}

}   // namespace outrigger::health
