// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include <outrigger/core/clock.hpp>

namespace outrigger::upstream {

// How long a connection to an endpoint may stay idle, so that we close it before the endpoint does: a request sent
// while the endpoint is closing is lost. Learned from two things:
//   - what it promises (`Keep-Alive: timeout=5`). It counts from when it has sent its reply, and nobody knows when that
//     was; so a second less, or half of what is promised, is used.
//   - what it does. Two idle connections that it closed at different times at about the same age, and not because it
//     restarts, show its patience: a tenth less is used, for ten minutes, and then it is seen whether that is still so.
// A value of one thread.
class IdleLimit {
public:
    explicit constexpr IdleLimit(Duration configured) noexcept : configured_{configured}, promised_{configured} {}

    [[nodiscard]] constexpr Duration at(Instant now) const noexcept {
        const Duration limit = std::min(configured_, promised_);
        return now < believed_until_ ? std::min(limit, observed_) : limit;
    }

    // True if the limit has become another one.
    constexpr bool promised(Duration promise) noexcept {
        const Duration limit = promise - std::min<Duration>(promise / 2, margin);
        if (limit == promised_) return false;
        promised_ = limit;
        return true;
    }

    // The endpoint has closed a connection that was idle for so long.
    constexpr void closed(Duration age, Instant now) noexcept {
        if (age < least_age) return;   // it did not wait: a last reply, a restart
        const bool another_time = now - last_closed_ >= apart;
        const bool same_age = std::max(age, last_age_) - std::min(age, last_age_) <= age / 10;
        if (another_time && same_age) {
            observed_ = std::min(age, last_age_) * 9 / 10;
            believed_until_ = after(now, believed_for);
        }
        last_age_ = age;
        last_closed_ = now;
    }

private:
    static constexpr Duration margin = std::chrono::seconds{1};
    static constexpr Duration least_age = std::chrono::milliseconds{500};
    static constexpr Duration apart = std::chrono::seconds{1};   // what ends within that may have one cause
    static constexpr Duration believed_for = std::chrono::minutes{10};

    Duration configured_;
    Duration promised_;
    Duration observed_{};
    Instant believed_until_ = Instant{Duration::zero()};
    Duration last_age_{};
    Instant last_closed_ = Instant{Duration::zero()};
};

}   // namespace outrigger::upstream
