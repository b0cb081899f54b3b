// SPDX-License-Identifier: Apache-2.0
#include "caught_signals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace outrigger::middleware {
namespace {

// All that a handler has: nobody can give it anything. The end of a pipe that it writes to; -1: nobody waits.
constinit std::atomic<int> handler_pipe{-1};
constinit std::atomic<int> handlers_inside{0};   // threads that may be using it
static_assert(std::atomic<int>::is_always_lock_free);

// Only what POSIX allows in a handler. The count goes up before the look at the pipe, and the pipe is taken away before
// the look at the count: one order for both, so sequential consistency.
void on_signal(int number) {
    const int error = errno;
    handlers_inside.fetch_add(1);
    const auto byte = static_cast<unsigned char>(number);
    const int to = handler_pipe.load();
    if (to >= 0 && ::write(to, &byte, 1) < 0) {
        // The pipe is full of signals that nobody has read: one more says nothing new.
    }
    handlers_inside.fetch_sub(1);
    errno = error;
}

}   // namespace

CaughtSignals::Pipe::Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw std::system_error{errno, std::generic_category(), "pipe2"};
    read_end = ends[0];
    write_end = ends[1];
}

CaughtSignals::Pipe::~Pipe() {
    ::close(read_end);
    ::close(write_end);
}

CaughtSignals::CaughtSignals(const std::vector<int>& signals) {
    if (signals.empty()) return;
    before_.reserve(signals.size());
    int nobody = -1;
    if (!handler_pipe.compare_exchange_strong(nobody, pipe_.write_end))
        throw std::logic_error("another Lifecycle of this process catches its signals: give this one none");
    struct sigaction action {};
    action.sa_handler = &on_signal;
    action.sa_flags = SA_RESTART;   // calls in progress go on
    ::sigfillset(&action.sa_mask);
    for (const int signal : signals) {
        struct sigaction before {};
        if (::sigaction(signal, &action, &before) != 0) {
            let_go();
            throw std::invalid_argument("signal " + std::to_string(signal) + " cannot be caught");
        }
        before_.emplace_back(signal, before);
    }
}

CaughtSignals::~CaughtSignals() {
    if (!before_.empty()) let_go();
}

void CaughtSignals::let_go() noexcept {
    for (auto last = before_.rbegin(); last != before_.rend(); ++last) ::sigaction(last->first, &last->second, nullptr);
    handler_pipe.store(-1);
    while (handlers_inside.load() != 0) std::this_thread::yield();   // a few instructions; then the pipe may close
}

int CaughtSignals::wait() const noexcept {
    for (;;) {
        unsigned char number = 0;
        if (::read(pipe_.read_end, &number, 1) == 1) return number;
        pollfd readable{.fd = pipe_.read_end, .events = POLLIN, .revents = 0};
        (void)::poll(&readable, 1, -1);   // a signal interrupts it: then there is something to read
    }
}

void CaughtSignals::wake() const noexcept {
    const unsigned char nothing = 0;
    if (::write(pipe_.write_end, &nothing, 1) < 0) {
        // Full: whoever waits has enough to wake up for.
    }
}

}   // namespace outrigger::middleware
