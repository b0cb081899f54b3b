// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/deadline_watch.hpp>

#include <chrono>
#include <utility>

#include <outrigger/core/system_blocking_clock.hpp>

#include "../logging/quiet_thread.hpp"

namespace outrigger::middleware {
namespace {

constexpr Duration again = std::chrono::milliseconds{10};

}   // namespace

DeadlineWatch::DeadlineWatch(Instant at, std::stop_token stop, std::function<void()> cut)
    : thread_{logging::quiet_thread([this, at, stop = std::move(stop), cut = std::move(cut)] {
          SystemBlockingClock clock;
          Woken woken = clock.wait(ended_, at, stop);
          while (woken != Woken::raised && !ended_.raised()) {
              cut();
              woken = clock.wait(ended_, after(clock.now(), again), {});
          }
      })} {}

DeadlineWatch::~DeadlineWatch() {
    ended_.raise();
    thread_.join();
}

}   // namespace outrigger::middleware
