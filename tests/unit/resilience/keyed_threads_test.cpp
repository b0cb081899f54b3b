// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/keyed.hpp>

#include <gtest/gtest.h>

#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/rng.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

// Eight threads, more keys than room: policies come and go while others are held.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr int threads = 8;
constexpr int lookups = 3000;
constexpr std::uint32_t room = 20;
constexpr std::uint64_t keys = 40;

struct Counted {
    Counted(std::string_view name, std::atomic<int>& alive) : key{name}, alive_{alive} { ++alive_; }
    ~Counted() { --alive_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    [[nodiscard]] bool idle(Instant) const noexcept { return users == 0; }

    std::string key;
    std::atomic<int> users{0};
    std::atomic<int>& alive_;
};

TEST(Keyed, of_eight_threads_stays_within_its_bound_and_ends_none_that_is_held) {
    std::atomic<int> alive{0};
    Keyed<Counted> keyed{{room}, [&](std::string_view key) { return std::make_unique<Counted>(key, alive); }};
    ManualClock clock;
    std::atomic<std::uint64_t> shared{0};
    std::vector<std::jthread> running;
    for (std::uint64_t thread = 0; thread < threads; ++thread)
        running.emplace_back([&, thread] {
            Rng rng{thread};
            std::array<std::optional<Keyed<Counted>::Handle>, 3> held;
            for (int i = 0; i < lookups; ++i) {
                clock.advance(1ms);
                const std::string key = std::to_string(rng.below(keys));
                auto handle = keyed.at(key, clock.now());
                EXPECT_EQ(handle->key, handle.name());
                if (handle.name() == "other")
                    ++shared;
                else
                    EXPECT_EQ(handle.name(), key);
                ++handle->users;
                EXPECT_GT(handle->users, 0);
                --handle->users;
                EXPECT_LE(keyed.size(), room);
                held[rng.below(held.size())].emplace(std::move(handle));
                if (rng.below(100) == 0)
                    keyed.for_each([](std::string_view name, Counted& one) { EXPECT_EQ(name, one.key); });
            }
        });
    running.clear();
    EXPECT_EQ(alive, static_cast<int>(keyed.size()) + 1);
    EXPECT_EQ(keyed.overflowed(), shared);
    EXPECT_GT(keyed.evicted(), 0U);
}

}   // namespace
}   // namespace outrigger::resilience
