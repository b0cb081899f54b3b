// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <outrigger/core/describe.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/units_text.hpp>
#include <outrigger/resilience/events.hpp>
#include <outrigger/resilience/outcome_window.hpp>
#include <outrigger/resilience/verdict.hpp>

namespace outrigger::resilience {

// When a circuit opens, and how it closes again.
struct Breaker {
    Ratio failure_rate = 50_percent;
    std::optional<Duration> slow_call = {};
    Ratio slow_rate = 80_percent;
    std::optional<std::uint32_t> consecutive = {};
    Duration window = std::chrono::seconds{10};
    std::optional<std::uint32_t> window_calls = {};
    std::uint32_t min_calls = 20;
    Duration open_for = std::chrono::seconds{5};
    Ratio jitter = 20_percent;
    std::optional<Duration> open_for_max = {};
    std::uint32_t probes = 3;
    Duration probe_lease = std::chrono::seconds{30};
    std::optional<Duration> ramp = {};
    bool shadow = false;

    friend bool operator==(const Breaker&, const Breaker&) = default;
    [[nodiscard]] Contradictions contradictions() const;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        using namespace std::chrono_literals;
        field("failure_rate", self.failure_rate, "The share of failed calls that opens the circuit.",
              between(1_percent, 100_percent));
        field("slow_call", self.slow_call, "A call that takes at least this long is slow; unset: none is.",
              between(1ms, 1h));
        field("slow_rate", self.slow_rate, "The share of slow calls that opens the circuit; needs slow_call.",
              between(1_percent, 100_percent));
        field("consecutive", self.consecutive,
              "Failures in a row that open the circuit whatever the shares; unset: only shares do.",
              between(1, 1'000'000));
        field("window", self.window, "How far back calls count.", between(1s, 1h));
        field("window_calls", self.window_calls, "The last so many calls count, instead of those of a time.",
              between(1, 100'000));
        field("min_calls", self.min_calls, "Calls in the window before a share counts.", between(1, 1'000'000));
        field("open_for", self.open_for, "How long an open circuit rests before it probes.", between(10ms, 1h));
        field("jitter", self.jitter, "By how much of itself a rest is longer or shorter, at random.",
              between(0_percent, 100_percent));
        field("open_for_max", self.open_for_max,
              "A circuit that opens again soon rests twice as long each time, up to this; unset: always open_for.",
              between(10ms, 24h));
        field("probes", self.probes, "Calls that a half-open circuit lets pass; all must succeed to close it.",
              between(1, 1000));
        field("probe_lease", self.probe_lease, "A probe without an answer for so long is given to the next call.",
              between(10ms, 1h));
        field("ramp", self.ramp, "Over which a closed circuit lets traffic return; unset: all at once.",
              between(1ms, 1h));
        field("shadow", self.shadow, "Decide and count, but never act.");
    }
};

enum class CircuitState : std::uint8_t {
    closed,          // calls pass
    recovering,      // it closed a moment ago: a growing share of the calls passes
    open,            // none passes
    half_open,       // some pass, as probes
    forced_open,     // by hand, until released
    forced_closed,   // by hand, until released
};
inline constexpr std::size_t circuit_state_count = 6;

[[nodiscard]] constexpr std::string_view to_string(CircuitState state) noexcept {
    switch (state) {
        case CircuitState::closed: return "closed";
        case CircuitState::recovering: return "recovering";
        case CircuitState::open: return "open";
        case CircuitState::half_open: return "half_open";
        case CircuitState::forced_open: return "forced_open";
        case CircuitState::forced_closed: return "forced_closed";
    }
    return "";
}

// What there is to know about a circuit at an instant.
struct CircuitReport {
    CircuitState state = CircuitState::closed;
    bool shadow = false;
    Tally calls;                             // of the window; of an open or half-open circuit: those that opened it
    std::optional<Duration> window = {};          // how far back they go; nothing: the last so many calls
    std::optional<OpenedBy> opened_by = {};       // open and half-open
    Duration left = {};                      // open: until it probes; recovering: until all may pass
    std::uint32_t probes = 0;                // half-open: how many must succeed,
    std::uint32_t probes_succeeded = 0;      //   have succeeded,
    std::uint32_t probes_under_way = 0;      //   have not ended
    Ratio passing = 1.0;                     // recovering: the share of the calls that passes
    std::uint64_t refused = 0;               // since the beginning; in shadow mode: would have been
    std::uint64_t late = 0;                  // results that came too late to count, since the beginning
};

// In words: "open: 31 of 50 failed in 10 s, probing in 4.2 s".
[[nodiscard]] std::string explain(const CircuitReport& report);
// Of an open or half-open circuit why it opened, which stays the same for as long as it is: "31 of 50 failed in 10 s".
[[nodiscard]] std::string why_opened(const CircuitReport& report);

class CircuitBreaker;

// The right to make one call, to be settled with its verdict. One that is dropped counts as neutral. One that belongs
// to a state that the circuit has left (or a probe whose lease has ended) changes nothing any more. The breaker must
// outlive it. Move-only; may be settled on any thread.
class [[nodiscard]] Permit {
public:
    // Holds nothing, and settling it does nothing: also what a breaker in shadow mode gives where it would have refused.
    Permit() noexcept = default;
    Permit(Permit&& other) noexcept
        : breaker_{std::exchange(other.breaker_, nullptr)},
          generation_{other.generation_},
          started_{other.started_},
          probe_{other.probe_} {}
    Permit& operator=(Permit&& other) noexcept {
        if (this != &other) {
            drop();
            breaker_ = std::exchange(other.breaker_, nullptr);
            generation_ = other.generation_;
            started_ = other.started_;
            probe_ = other.probe_;
        }
        return *this;
    }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() { drop(); }

    // Once; later calls do nothing.
    inline void settle(Verdict verdict, Instant now, Rng& rng) noexcept;
    [[nodiscard]] bool held() const noexcept { return breaker_ != nullptr; }
    [[nodiscard]] bool is_probe() const noexcept { return probe_ != no_probe; }

private:
    friend class CircuitBreaker;
    static constexpr std::uint64_t no_probe = 0;
    Permit(CircuitBreaker& breaker, std::uint64_t generation, Instant started, std::uint64_t probe) noexcept
        : breaker_{&breaker}, generation_{generation}, started_{started}, probe_{probe} {}
    inline void drop() noexcept;

    CircuitBreaker* breaker_ = nullptr;
    std::uint64_t generation_ = 0;
    Instant started_ = {};
    std::uint64_t probe_ = no_probe;   // the serial number of the probe
};

// A circuit breaker. A closed circuit lets every call pass and counts how they ended; when too many failed or were slow
// it opens and refuses calls at once (Reason::circuit_open, with the time to wait), until it has rested; then it is
// half-open and lets a few pass as probes: if all succeed it closes, if one fails it opens again.
//
// Thread-safe. While the circuit is closed, asking and settling take no lock: one read of a shared word, one atomic
// addition. An open circuit refuses without a lock, too. Nothing is allocated after construction.
//
// Calls that run when the circuit opens are not cut, so up to their number more calls than min_calls may fail.
// In shadow mode every call passes; the circuit opens, refuses and probes only in its own books.
class CircuitBreaker {
public:
    // `name` is for events. Throws std::invalid_argument with a sentence if the settings make no sense.
    explicit CircuitBreaker(const Breaker& settings, std::string name = {}, CircuitObserver* observer = nullptr);
    CircuitBreaker(const CircuitBreaker&) = delete;
    CircuitBreaker& operator=(const CircuitBreaker&) = delete;

    // May a call be made now? A permit, or the refusal.
    [[nodiscard]] Result<Permit> try_acquire(Instant now, Rng& rng) noexcept {
        // Acquire: what the circuit's state rests on was written before it.
        const std::uint64_t word = word_.load(std::memory_order_acquire);
        if (state_of(word) == CircuitState::closed) [[likely]]
            return Permit{*this, generation_of(word), now, Permit::no_probe};
        return acquire_unless_closed(word, now, rng);
    }

    // By hand: open or closed until released, whatever happens. A released circuit is closed, with an empty window.
    void force_open(Instant now) noexcept { force(CircuitState::forced_open, now); }
    void force_closed(Instant now) noexcept { force(CircuitState::forced_closed, now); }
    void release(Instant now) noexcept;

    // Of an open circuit without a lock: each call that it refuses may ask why.
    [[nodiscard]] CircuitReport report(Instant now) noexcept;
    // As the last call left it: only a call makes an open circuit half-open, and a recovering one closed.
    [[nodiscard]] CircuitState state() const noexcept { return state_of(word_.load(std::memory_order_relaxed)); }
    // Nothing would be lost with it: it is closed, no call ended within its window (of the last so many calls: none of
    // them failed or was slow), and it would not rest for longer because of its last rest.
    [[nodiscard]] bool idle(Instant now) noexcept;
    [[nodiscard]] const Breaker& settings() const noexcept { return settings_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    friend class Permit;

    // The state in the low byte, above it the generation, which changes whenever earlier results must count no more.
    static constexpr CircuitState state_of(std::uint64_t word) noexcept {
        return static_cast<CircuitState>(word & 0xFFU);
    }
    static constexpr std::uint64_t generation_of(std::uint64_t word) noexcept { return word >> 8U; }

    struct Probe {
        std::uint64_t serial = 0;   // zero: free
        Instant lease_until = {};
    };

    void record(std::uint64_t generation, bool failure, Instant started, Instant now, Rng& rng) noexcept;
    [[nodiscard]] bool in_a_row(bool failure) noexcept;
    [[nodiscard]] std::optional<OpenedBy> verdict_on(const Tally& tally) const noexcept;
    void trip(std::uint64_t generation, bool in_a_row, Instant now, Rng& rng) noexcept;

    [[nodiscard]] Result<Permit> acquire_unless_closed(std::uint64_t word, Instant now, Rng& rng) noexcept;
    [[nodiscard]] Result<Permit> acquire_recovering(std::uint64_t word, Instant now, Rng& rng) noexcept;
    [[nodiscard]] Result<Permit> acquire_probe(Instant now, Rng& rng) noexcept;
    [[nodiscard]] Result<Permit> refuse(std::string_view why, Duration wait = {}) noexcept;
    [[nodiscard]] double passing_share(Instant now) const noexcept;

    void settle_probe(std::uint64_t serial, Verdict verdict, Instant started, Instant now, Rng& rng) noexcept;
    void drop_probe(std::uint64_t serial) noexcept;

    // Under the mutex. Those that change the state return what is to be told when it is released.
    [[nodiscard]] CircuitEvent open(OpenedBy by, const Tally& tally, Instant now, Rng& rng) noexcept;
    [[nodiscard]] CircuitEvent half_open() noexcept;
    [[nodiscard]] CircuitEvent close(Instant now) noexcept;
    [[nodiscard]] Duration next_rest(Instant now) noexcept;
    void enter(CircuitState state) noexcept;
    [[nodiscard]] Probe* find_probe(std::uint64_t serial) noexcept;
    [[nodiscard]] std::uint64_t take_probe(Instant now) noexcept;
    void look_for_next_probe() noexcept;

    void force(CircuitState state, Instant now) noexcept;
    [[nodiscard]] CircuitState state_at(Instant now) const noexcept;
    [[nodiscard]] Tally window_total(Instant now) noexcept;
    [[nodiscard]] std::optional<CircuitReport> report_if_open(Instant now) const noexcept;
    [[nodiscard]] CircuitReport blank_report() const noexcept;
    void clear_window(Instant now) noexcept;
    void tell(const std::optional<CircuitEvent>& event) noexcept {
        if (event && observer_) observer_->on(*event);
    }

    const Breaker settings_;
    const std::string name_;
    CircuitObserver* const observer_;
    const Duration slow_from_;
    const std::uint64_t failure_millionths_;   // shares are compared in whole numbers: 3 of 30 is 10%
    const std::uint64_t slow_millionths_;
    // Changed under the mutex (but for the end of a recovery: see acquire_recovering), read without it.
    std::atomic<std::uint64_t> word_{0};
    std::atomic<Instant> until_{Instant{}};         // open: when it may probe; recovering: when all may pass
    std::atomic<Instant> next_probe_{Instant{}};    // half-open: no probe is free before this

    // Why it opened. Written under the mutex, and never while the circuit is open: who finds it open before and after
    // reading has read one opening. Release and acquire keep these between those two looks.
    class Opening {
    public:
        void store(OpenedBy by, const Tally& tally) noexcept {
            by_.store(by, std::memory_order_release);
            calls_.store(tally.calls, std::memory_order_release);
            failures_.store(tally.failures, std::memory_order_release);
            slow_.store(tally.slow, std::memory_order_release);
        }
        [[nodiscard]] OpenedBy by() const noexcept { return by_.load(std::memory_order_acquire); }
        [[nodiscard]] Tally tally() const noexcept {
            return {calls_.load(std::memory_order_acquire), failures_.load(std::memory_order_acquire),
                    slow_.load(std::memory_order_acquire)};
        }

    private:
        std::atomic<OpenedBy> by_{OpenedBy::failure_rate};
        std::atomic<std::uint64_t> calls_{0};
        std::atomic<std::uint64_t> failures_{0};
        std::atomic<std::uint64_t> slow_{0};
    };
    Opening opening_;

    TimeWindow by_time_;
    std::optional<CountWindow> by_count_;           // if there is one, it counts
    alignas(64) std::atomic<std::uint32_t> failures_in_a_row_{0};
    alignas(64) std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> late_{0};

    std::mutex mutex_;   // for changes of the state; guards what follows
    std::vector<Probe> probes_;
    std::uint64_t last_serial_ = 0;
    std::uint32_t probes_succeeded_ = 0;
    std::uint64_t sequence_ = 0;
    Duration rest_ = {};          // the last one, without its jitter
    Instant closed_at_ = {};      // means nothing while rest_ is zero
};

inline void Permit::settle(Verdict verdict, Instant now, Rng& rng) noexcept {
    CircuitBreaker* const breaker = std::exchange(breaker_, nullptr);
    if (!breaker) return;
    if (is_probe()) return breaker->settle_probe(probe_, verdict, started_, now, rng);
    if (verdict != Verdict::neutral)
        breaker->record(generation_, verdict == Verdict::failure, started_, now, rng);
}

inline void Permit::drop() noexcept {
    if (!breaker_) return;
    CircuitBreaker* const breaker = std::exchange(breaker_, nullptr);
    if (is_probe()) breaker->drop_probe(probe_);
}

}  // namespace outrigger::resilience
