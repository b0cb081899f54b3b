// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

// Many breakers with the default settings in front of one callee: what opened together must not probe together.
namespace outrigger::resilience {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t crowd = 1000;
constexpr Instant opened{1h};

struct Client {
    explicit Client(std::uint64_t seed) : rng{seed} {}
    // Calls as long as the circuit lets it; all fail.
    [[nodiscard]] bool probes(Instant now) {
        Result<Permit> permit = breaker.try_acquire(now, rng);
        if (!permit) return false;
        permit->settle(Verdict::failure, now, rng);
        return permit->is_probe();
    }
    CircuitBreaker breaker{{}};
    Rng rng;
};

// The most of them that are in any stretch of `length`.
std::size_t most_within(std::vector<Instant> instants, Duration length) {
    std::sort(instants.begin(), instants.end());
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < instants.size(); ++last) {
        while (instants[last] - instants[first] >= length) ++first;
        most = std::max(most, last - first + 1);
    }
    return most;
}

TEST(Breaker, of_a_thousand_that_opened_together_at_most_a_twentieth_probes_within_any_50_ms) {
    std::deque<Client> clients;
    for (std::size_t i = 0; i < crowd; ++i) {
        Client& client = clients.emplace_back(20261120 + i);
        for (int calls = 0; calls < 20; ++calls) EXPECT_FALSE(client.probes(opened));
        ASSERT_EQ(client.breaker.state(), CircuitState::open);
    }
    std::vector<Instant> probes;
    // From before the shortest rest (5 s less a fifth) until after the longest one.
    for (Instant now = opened + 3900ms; now <= opened + 6100ms; now += 1ms)
        for (Client& client : clients)
            if (client.probes(now)) probes.push_back(now);
    EXPECT_GE(probes.size(), crowd);
    EXPECT_LE(most_within(probes, 50ms), crowd / 20);
    const auto [first, last] = std::minmax_element(probes.begin(), probes.end());
    EXPECT_GE(*first - opened, 4s);
    EXPECT_LT(*first - opened, 4050ms);
    EXPECT_GT(*last - opened, 5950ms);
    RecordProperty("most_within_50_ms", static_cast<int>(most_within(probes, 50ms)));
}

}  // namespace
}  // namespace outrigger::resilience
