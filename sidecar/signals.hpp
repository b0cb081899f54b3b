// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>

namespace outrigger::sidecar {

// Turns SIGTERM and SIGINT into calls, on a thread of its own, for as long as it lives. To be made before any other
// thread: it blocks the signals in its maker's thread, and so in all threads that come after.
class Signals {
public:
    // `count`: how often one has come so far, from 1.
    using Received = std::function<void(int signal, int count)>;
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    void start(Received received);
    // After this `received` is not called any more. The destructor does the same.
    void stop();

private:
    std::thread thread_;
};

}  // namespace outrigger::sidecar
