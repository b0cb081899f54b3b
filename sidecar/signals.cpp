// SPDX-License-Identifier: Apache-2.0
#include "sidecar/signals.hpp"

#include <pthread.h>

#include <csignal>

namespace outrigger::sidecar {
namespace {

constexpr int end_of_thread = SIGUSR2;   // sent to our own thread only

sigset_t watched() noexcept {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, end_of_thread);
    return set;
}

}  // namespace

Signals::Signals() {
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);   // a reader that has gone is an error code, not the end
}

void Signals::start(Received received) {
    thread_ = std::thread{[received = std::move(received)] {
        const sigset_t set = watched();
        int signal = 0;
        for (int count = 1; sigwait(&set, &signal) == 0 && signal != end_of_thread; ++count) received(signal, count);
    }};
}

Signals::~Signals() { stop(); }

void Signals::stop() {
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), end_of_thread);
    thread_.join();
}

}  // namespace outrigger::sidecar
