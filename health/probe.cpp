// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/probe.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace outrigger::health {

using std::chrono::milliseconds;

Duration Probe::left() const noexcept {
    const Instant now = clock_.now();
    return deadline() <= now ? Duration::zero() : deadline() - now;
}

int Probe::left_milliseconds() const noexcept {
    const Duration most = std::chrono::hours{1};
    return static_cast<int>(std::chrono::ceil<milliseconds>(std::min(left(), most)).count());
}

Probe::Ready Probe::wait(int fd, short events) const noexcept {
    std::array<pollfd, 2> watched{
        {{fd, events, 0}, {stop_fd_, POLLIN, 0}}};   // a descriptor of -1 is passed over
    for (;;) {
        if (stopped()) return Ready::stopped;
        const int ready = ::poll(watched.data(), watched.size(), left_milliseconds());
        if (ready < 0 && errno != EINTR) return Ready::late;
        if (ready > 0 && watched[1].revents != 0) return Ready::stopped;
        if (ready > 0) return Ready::ready;
        if (left() == Duration::zero()) return Ready::late;
    }
}

std::string timeout_message(Duration timeout) {
    return "timeout of " + std::to_string(std::chrono::floor<milliseconds>(timeout).count()) + "ms exceeded";
}

Outcome Probe::timed_out() const { return down(timeout_message(timeout_)); }

}   // namespace outrigger::health
