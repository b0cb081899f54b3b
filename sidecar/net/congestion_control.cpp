// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/congestion_control.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "sidecar/net/fd.hpp"

namespace outrigger::net {
namespace {

constexpr std::string_view reno = "reno";

void choose(int fd, std::string_view name) noexcept {
    ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), static_cast<socklen_t>(name.size()));
}

// tcp_allowed_congestion_control may leave the default out.
bool can_be_chosen(const CongestionControl& one) noexcept {
    const Fd trial{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    choose(trial.number(), reno);
    one.choose_for(trial.number());
    return CongestionControl::of(trial.number()).name() == one.name();
}

}   // namespace

CongestionControl CongestionControl::of(int fd) noexcept {
    CongestionControl found;
    auto size = static_cast<socklen_t>(longest);
    if (::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, found.name_.data(), &size) == 0)
        found.size_ = ::strnlen(found.name_.data(), std::min<std::size_t>(size, longest));
    return found;
}

void CongestionControl::choose_for(int fd) const noexcept { choose(fd, name()); }

void CongestionControl::before_connecting(int fd, const SocketAddress& to) noexcept {
    if (to.is_loopback() && CongestionControl::of(fd).paces()) choose(fd, reno);
}

ListenersCongestionControl::ListenersCongestionControl(int listening) noexcept {
    const CongestionControl before = CongestionControl::of(listening);
    if (!before.paces() || !can_be_chosen(before)) return;
    choose(listening, reno);
    machines_ = before;
}

void ListenersCongestionControl::accepted(int fd, const IpPort& from) const noexcept {
    if (machines_.name().empty() || from.is_loopback()) return;
    if (CongestionControl::of(fd).name() == reno) machines_.choose_for(fd);
}

}   // namespace outrigger::net
