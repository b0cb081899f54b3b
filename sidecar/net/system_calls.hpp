// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>

// The system calls of the data path, without what the C library puts around those that may block: in a program with
// several threads each becomes a cancellation point, with two more calls. No thread of ours is ever cancelled. Results
// and errno are the C library's.
namespace outrigger::net {

inline std::ptrdiff_t receive(int fd, std::span<char> into) noexcept {
    return ::syscall(SYS_recvfrom, fd, into.data(), into.size(), 0, nullptr, nullptr);
}

inline std::ptrdiff_t send_bytes(int fd, const iovec& part, int flags) noexcept {
    return ::syscall(SYS_sendto, fd, part.iov_base, part.iov_len, flags, nullptr, 0);
}

inline std::ptrdiff_t send_message(int fd, const msghdr& message, int flags) noexcept {
    return ::syscall(SYS_sendmsg, fd, &message, flags);
}

inline int wait_for_events(int epoll, std::span<epoll_event> events, int milliseconds) noexcept {
    constexpr std::size_t signal_set_bytes = 8;   // the kernel's
    return static_cast<int>(::syscall(SYS_epoll_pwait, epoll, events.data(), static_cast<int>(events.size()), milliseconds,
                                      nullptr, signal_set_bytes));
}

}   // namespace outrigger::net
