// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <sys/epoll.h>

#include <outrigger/core/clock.hpp>

#include "bench/load/sockets.hpp"

namespace outrigger::bench {

// Whether an event says that the peer has closed. Then a short read has not drained the socket: its end comes behind.
[[nodiscard]] inline bool peer_closed(std::uint32_t events) noexcept {
    return (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
}

// Raw epoll, edge-triggered. Every descriptor is registered once; whoever watches it reads until it is drained.
class Poller {
public:
    Poller() : epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
        if (epoll_.number() < 0) fail_with_errno("epoll_create1");
    }

    void watch(const Descriptor& descriptor, void* watcher, std::uint32_t more_events = 0) {
        epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLET | more_events, .data = {.ptr = watcher}};
        if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor.number(), &event) != 0) fail_with_errno("epoll_ctl");
    }

    // Each watcher occurs at most once in a batch. Valid until the next call.
    [[nodiscard]] std::span<const epoll_event> wait(std::chrono::milliseconds limit) {
        const int count = ::epoll_wait(epoll_.number(), events_.data(), static_cast<int>(events_.size()),
                                       static_cast<int>(limit.count()));
        if (count < 0 && errno != EINTR) fail_with_errno("epoll_wait");
        return {events_.data(), count < 0 ? 0 : static_cast<std::size_t>(count)};
    }

private:
    Descriptor epoll_;
    std::array<epoll_event, 512> events_{};
};

}  // namespace outrigger::bench
