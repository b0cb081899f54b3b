// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/describe.hpp>
#include <outrigger/core/units_text.hpp>

namespace outrigger::resilience {

// How many attempts there may be beyond the first of each call.
struct Budget {
    Ratio ratio = 20_percent;
    Rate floor = 1_per_second;

    friend bool operator==(const Budget&, const Budget&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("ratio", self.ratio, "Retries allowed per call.", between(0_percent, 100_percent));
        field("floor", self.floor, "Retries allowed however few calls there are.",
              at_most(1'000'000_per_second));
    }
};

// "20% of calls, at least 1/s".
[[nodiscard]] std::string to_string(const Budget& budget);

// Bounds the retries, and later the hedges, of all calls that share it: at every moment, with any number of threads,
//
//     attempts <= calls x (1 + ratio) + floor x (seconds + 10)
//
// where seconds are those between the first and the latest `now` that it was given. A clock that stands still, jumps
// hours ahead, or differs from thread to thread changes nothing about that.
//
// Every call deposits `ratio` of a token, time deposits `floor` tokens a second, and a further attempt costs a whole
// one. Tokens lapse: those of calls in the tenth second after the one in which they came, those of time as far as more
// than 10 s of them (or one whole token, if that is more) would be there. A new budget holds those of 10 s. Tokens of
// calls are taken before those of time, and the oldest first. The ratio counts in steps of 0.01%, and all sums are of
// whole numbers.
//
// Thread-safe and lock-free; nothing is allocated. record_call() is one relaxed increment, but for the first call of
// a second. Must outlive its tokens.
class RetryBudget {
public:
    // Throws std::invalid_argument if a setting is out of its range.
    explicit RetryBudget(const Budget& settings);
    RetryBudget(const RetryBudget&) = delete;
    RetryBudget& operator=(const RetryBudget&) = delete;

    // A call has begun, with its first attempt.
    void record_call(Instant now) noexcept {
        const std::uint32_t second = second_of(now);
        if (mark_of(second).load(std::memory_order_relaxed).second != second) begin_second(second);
        calls_.fetch_add(1, std::memory_order_relaxed);
    }

    class Token;
    // For one further attempt; nothing if the budget allows no more.
    [[nodiscard]] std::optional<Token> take(Instant now) noexcept;

    // How many tokens could be taken now. For metrics and explanations: others may take them meanwhile.
    [[nodiscard]] std::uint64_t available(Instant now) const noexcept;
    // How often there was none.
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
    // "the retry budget (20% of calls, at least 1/s) allowed no more"
    [[nodiscard]] std::string explain() const;
    [[nodiscard]] const Budget& settings() const noexcept { return settings_; }

private:
    enum class Source : std::uint8_t { calls, time };

    static constexpr Duration life = std::chrono::seconds{10};
    static constexpr std::uint32_t life_seconds = 10;

    // How many calls there had been when a second began. In one word, so that both are of the same moment; the count
    // is the lower half of calls_.
    struct Mark {
        std::uint32_t second = 0x8000'0000U;   // of no clock: see is_newer()
        std::uint32_t calls = 0;
    };
    static_assert(std::atomic<Mark>::is_always_lock_free);
    static constexpr std::size_t marks = 16;   // a power of two, of which life_seconds are read
    static_assert(marks > life_seconds);

    // Modulo 2^32: it wraps around after 136 years.
    [[nodiscard]] static std::uint32_t second_of(Instant now) noexcept {
        return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    }
    [[nodiscard]] std::atomic<Mark>& mark_of(std::uint32_t second) noexcept { return marks_[second % marks]; }
    [[nodiscard]] const std::atomic<Mark>& mark_of(std::uint32_t second) const noexcept {
        return marks_[second % marks];
    }
    void begin_second(std::uint32_t second) noexcept;
    [[nodiscard]] std::uint64_t calls_before(std::uint32_t second) const noexcept;
    [[nodiscard]] std::uint64_t spent_or_lapsed(std::uint64_t spent, std::uint32_t second) const noexcept;
    [[nodiscard]] bool take_of_calls(Instant now) noexcept;
    [[nodiscard]] bool take_of_time(Instant now) noexcept;
    [[nodiscard]] Duration::rep time_spent(Duration::rep spent, Instant now) const noexcept;
    void give_back(Source source) noexcept;

    const Budget settings_;
    // In the smallest units in which both are whole: 1 and 5 for 20%.
    std::uint64_t deposit_ = 0;   // of one call
    std::uint64_t price_ = 1;     // of one attempt
    // In nanoseconds of time that deposits `floor`.
    Duration::rep time_price_ = 0;   // 0: time deposits nothing
    Duration::rep time_fresh_ = 0;   // what a new budget holds
    Duration::rep time_most_ = 0;    // what it ever holds

    std::array<std::atomic<Mark>, marks> marks_{};
    std::atomic<std::uint64_t> refused_{0};
    // What was spent or has lapsed of all deposits of calls. Rises by a price only if the deposits allow it; so it is
    // at no time, and however threads interleave, more than they are.
    std::atomic<std::uint64_t> spent_{0};
    // Until when the deposits of time are spent or lapsed. Never beyond the `now` of a taker.
    static constexpr Duration::rep untouched = std::numeric_limits<Duration::rep>::min();
    std::atomic<Duration::rep> time_spent_{untouched};
    alignas(64) std::atomic<std::uint64_t> calls_{0};   // a cache line of its own: every call writes it
};

// The right to one further attempt, given back at the end of its life unless the attempt has begun. May be moved to,
// and ended on, any thread.
class [[nodiscard]] RetryBudget::Token {
public:
    Token(Token&& other) noexcept : budget_{std::exchange(other.budget_, nullptr)}, source_{other.source_} {}
    Token& operator=(Token&& other) noexcept {
        if (this == &other) return *this;
        give_back();
        budget_ = std::exchange(other.budget_, nullptr);
        source_ = other.source_;
        return *this;
    }
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    ~Token() { give_back(); }

    // The attempt begins: from now on there is nothing to give back.
    void spend() noexcept { budget_ = nullptr; }

private:
    friend class RetryBudget;
    Token(RetryBudget& budget, Source source) noexcept : budget_{&budget}, source_{source} {}
    void give_back() noexcept {
        if (RetryBudget* budget = std::exchange(budget_, nullptr)) budget->give_back(source_);
    }

    RetryBudget* budget_;
    Source source_;
};

}   // namespace outrigger::resilience
