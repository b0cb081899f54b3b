// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/deadline_watch.hpp>

#include <utility>

#include <outrigger/core/system_blocking_clock.hpp>

#include "../logging/quiet_thread.hpp"

namespace outrigger::middleware {

DeadlineWatch::DeadlineWatch(Instant at, std::function<void()> cut)
    : thread_{logging::quiet_thread([this, at, cut = std::move(cut)] {
          SystemBlockingClock clock;
          if (clock.wait(ended_, at, {}) == Woken::due) cut();
      })} {}

DeadlineWatch::~DeadlineWatch() {
    ended_.raise();
    thread_.join();
}

}   // namespace outrigger::middleware
