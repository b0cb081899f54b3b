// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <pthread.h>
#include <thread>
#include <utility>

namespace outrigger::logging {

// A thread that blocks all signals, as it inherits the mask: they are for threads that expect them, and SIGPIPE must
// become EPIPE. Throws std::system_error if there can be no thread.
template <class Function>
[[nodiscard]] std::thread quiet_thread(Function function) {
    struct Blocked {
        Blocked() noexcept {
            sigset_t all;
            ::sigfillset(&all);
            ::pthread_sigmask(SIG_SETMASK, &all, &before);
        }
        ~Blocked() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
        sigset_t before;
    };
    const Blocked meanwhile;
    return std::thread{std::move(function)};
}

}  // namespace outrigger::logging
