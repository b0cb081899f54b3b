// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

// The system calls of the data path, without what the C library puts around those that may block: in a program with
// several threads each becomes a cancellation point, with two more calls. No thread of ours is ever cancelled. Results
// and errno are the C library's.
namespace outrigger::net {

#if defined(__x86_64__)
// In place: the C library's syscall() is a call that moves every argument by one register.
[[gnu::always_inline]] inline long system_call(long number, long a, const void* b, long c, long d = 0, const void* e = nullptr,
                                               long f = 0) noexcept {
    register long fourth __asm__("r10") = d;
    register const void* fifth __asm__("r8") = e;
    register long sixth __asm__("r9") = f;
    long result = number;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    if (result >= 0) [[likely]] return result;
    errno = static_cast<int>(-result);
    return -1;
}
#else
inline long system_call(long number, long a, const void* b, long c, long d = 0, const void* e = nullptr,
                        long f = 0) noexcept {
    return ::syscall(number, a, b, c, d, e, f);
}
#endif

inline std::ptrdiff_t receive(int fd, std::span<char> into) noexcept {
    return system_call(SYS_recvfrom, fd, into.data(), static_cast<long>(into.size()));
}

inline std::ptrdiff_t send_bytes(int fd, const iovec& part, int flags) noexcept {
    return system_call(SYS_sendto, fd, part.iov_base, static_cast<long>(part.iov_len), flags);
}

inline std::ptrdiff_t send_message(int fd, const msghdr& message, int flags) noexcept {
    return system_call(SYS_sendmsg, fd, &message, flags);
}

inline int wait_for_events(int epoll, std::span<epoll_event> events, int milliseconds) noexcept {
    constexpr std::size_t signal_set_bytes = 8;   // the kernel's
    return static_cast<int>(system_call(SYS_epoll_pwait, epoll, events.data(), static_cast<long>(events.size()),
                                        milliseconds, nullptr, signal_set_bytes));
}

}   // namespace outrigger::net
