// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/no_sigpipe.hpp>

#include <cerrno>
#include <ctime>

namespace outrigger::middleware {
namespace {

sigset_t only_sigpipe() noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGPIPE);
    return set;
}

}   // namespace

NoSigpipe::NoSigpipe() noexcept {
    sigset_t pending;
    ::sigpending(&pending);
    const sigset_t pipe = only_sigpipe();
    ::pthread_sigmask(SIG_BLOCK, &pipe, &before_);
    ours_ = ::sigismember(&pending, SIGPIPE) == 0 && ::sigismember(&before_, SIGPIPE) == 0;
}

NoSigpipe::~NoSigpipe() {
    const sigset_t pipe = only_sigpipe();
    const timespec at_once{};
    while (ours_ && ::sigtimedwait(&pipe, nullptr, &at_once) < 0 && errno == EINTR) {}
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}   // namespace outrigger::middleware
