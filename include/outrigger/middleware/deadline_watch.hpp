// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include <outrigger/core/blocking.hpp>
#include <outrigger/core/clock.hpp>

namespace outrigger::middleware {

// Calls a function at an instant of the machine's clock or when a token is stopped, unless it ends before: for
// libraries whose calls know no deadline and can only be cut from outside. Until it ends it calls the function again
// every few milliseconds, since a library may not notice a cut that comes between two of its steps. One hidden thread,
// which handles no signals and is joined when this ends: the function does not run after that, and must return soon and
// throw nothing.
class DeadlineWatch {
public:
    // Throws std::system_error if there can be no thread.
    DeadlineWatch(Instant at, std::stop_token stop, std::function<void()> cut);
    ~DeadlineWatch();
    DeadlineWatch(const DeadlineWatch&) = delete;
    DeadlineWatch& operator=(const DeadlineWatch&) = delete;

private:
    Signal ended_;
    std::thread thread_;
};

}   // namespace outrigger::middleware
