// SPDX-License-Identifier: Apache-2.0
#include "lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace outrigger::health {
namespace {

// In Node's words: getaddrinfo ENOTFOUND host
std::string failure_text(int error, const std::string& host) {
    switch (error) {
        case EAI_NONAME:
        case EAI_NODATA: return "getaddrinfo ENOTFOUND " + host;
        case EAI_AGAIN: return "getaddrinfo EAI_AGAIN " + host;
        default: return std::string{"getaddrinfo "} + ::gai_strerror(error) + " " + host;
    }
}

struct Names {
    std::vector<FoundAddress> addresses;
    int error = 0;
};

Names look_up(const std::string& host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* list = nullptr;
    Names names;
    names.error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    if (names.error != 0) return names;
    for (const addrinfo* at = list; at; at = at->ai_next) {
        FoundAddress& found = names.addresses.emplace_back();
        std::memcpy(&found.storage, at->ai_addr, at->ai_addrlen);
        found.length = at->ai_addrlen;
    }
    ::freeaddrinfo(list);
    return names;
}

}   // namespace

std::string FoundAddress::host() const {
    std::array<char, NI_MAXHOST> text{};
    (void)::getnameinfo(raw(), length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    return text.data();
}

std::string FoundAddress::text() const {
    const in_port_t port = storage.ss_family == AF_INET6
                               ? reinterpret_cast<const sockaddr_in6*>(raw())->sin6_port
                               : reinterpret_cast<const sockaddr_in*>(raw())->sin_port;
    return host() + ':' + std::to_string(ntohs(port));
}

// Shared by the asking run and the asking thread, which may outlive it by far.
class Lookup::Pending {
public:
    Pending() : done_{::eventfd(0, EFD_CLOEXEC)} {
        if (done_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
    }
    ~Pending() { ::close(done_); }
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return done_; }
    void finish(Names found) {
        const std::scoped_lock lock{mutex_};
        names_ = std::move(found);
        const std::uint64_t one = 1;
        (void)!::write(done_, &one, sizeof one);
    }
    [[nodiscard]] Names names() const {
        const std::scoped_lock lock{mutex_};
        return names_;
    }

private:
    int done_;
    mutable std::mutex mutex_;
    Names names_;
};

Lookup::Answer Lookup::ask(const Probe& probe) {
    const std::scoped_lock lock{mutex_};   // one run at a time anyway
    const auto answer = [this](Names names) {
        return names.error == 0 ? Answer{std::move(names.addresses), {}}
                                : Answer{{}, down(failure_text(names.error, host_))};
    };
    Names numeric = look_up(host_, port_, AI_NUMERICHOST);   // asks nobody
    if (numeric.error == 0) return answer(std::move(numeric));
    if (!pending_) {
        auto pending = std::make_shared<Pending>();
        std::thread{[pending, host = host_, port = port_] {
            pending->finish(look_up(host, port, 0));
        }}.detach();
        pending_ = std::move(pending);
    }
    if (probe.wait(pending_->descriptor(), POLLIN) != Probe::Ready::ready) return {{}, probe.timed_out()};
    Names names = pending_->names();
    pending_.reset();
    return answer(std::move(names));
}

Outcome try_each(const Lookup::Answer& answer, const Probe& probe,
                 const std::function<Outcome(const FoundAddress&, const Probe& share)>& attempt) {
    Outcome outcome = answer.failure;
    auto left = static_cast<Duration::rep>(answer.addresses.size());
    for (const FoundAddress& address : answer.addresses) {
        const Probe share{probe.clock(), probe.left() / left--, probe.stop_token(), probe.stop_fd()};
        outcome = attempt(address, share);
        if (outcome.status == Status::up) return outcome;
        if (probe.stopped() || probe.left() == Duration::zero()) return probe.timed_out();
    }
    return outcome;
}

}   // namespace outrigger::health
