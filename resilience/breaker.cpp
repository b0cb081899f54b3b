// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/breaker.hpp>

#include <algorithm>
#include <cmath>

#include <outrigger/core/validate.hpp>
#include <outrigger/resilience/jitter.hpp>

namespace outrigger::resilience {
namespace {

constexpr std::string_view is_open = "the circuit is open: too many calls failed or were slow";
constexpr std::string_view is_probing = "the circuit is half-open, and its probes are under way";
constexpr std::string_view is_recovering = "the circuit closed a moment ago, and calls return gradually";
constexpr std::string_view was_opened_by_hand = "the circuit was opened by hand";

// Rounded down: 2 of 3 reach two thirds.
std::uint64_t millionths(Ratio ratio) { return static_cast<std::uint64_t>(std::floor(ratio.fraction() * 1e6)); }

bool reaches(std::uint64_t part, std::uint64_t whole, std::uint64_t threshold_millionths) noexcept {
    return part * 1'000'000 >= threshold_millionths * whole;
}

// Of a recovering circuit this share passes from the beginning: without it the first calls would wait for nothing.
constexpr double first_share = 0.1;

}  // namespace

Contradictions Breaker::contradictions() const {
    Contradictions found;
    if (!slow_call && slow_rate != Breaker{}.slow_rate)
        found.push_back({"slow_rate",
                         "found " + outrigger::to_string(slow_rate) + " without slow_call, expected both or neither",
                         "slow_call"});
    if (window_calls && min_calls > *window_calls)
        found.push_back({"min_calls",
                         "found " + std::to_string(min_calls) + ", but the window holds only " +
                             std::to_string(*window_calls) + " calls (window_calls): no share would ever count",
                         "window_calls"});
    if (open_for_max && *open_for_max < open_for)
        found.push_back({"open_for_max",
                         "found " + outrigger::to_string(*open_for_max) + ", expected at least open_for (" +
                             outrigger::to_string(open_for) + ')',
                         "open_for"});
    return found;
}

CircuitBreaker::CircuitBreaker(const Breaker& settings, std::string name, CircuitObserver* observer)
    : settings_{checked(settings)},
      name_{std::move(name)},
      observer_{observer},
      slow_from_{settings.slow_call.value_or(Duration::max())},
      failure_millionths_{millionths(settings.failure_rate)},
      slow_millionths_{millionths(settings.slow_rate)},
      by_time_{settings.window},
      probes_(settings.probes) {
    if (settings.window_calls) by_count_.emplace(*settings.window_calls);
}

// ---- A closed circuit

void CircuitBreaker::record(std::uint64_t generation, bool failure, Instant started, Instant now, Rng& rng) noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if (generation_of(word) != generation) {
        late_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const bool slow = now - started >= slow_from_;
    const Tally tally = by_count_ ? by_count_->add(failure, slow) : by_time_.add(failure, slow, now);
    const bool row = settings_.consecutive && in_a_row(failure);
    if (!row && tally.failures + tally.slow == 0) return;
    if ((row || verdict_on(tally)) && state_of(word) != CircuitState::forced_closed) trip(generation, row, now, rng);
}

bool CircuitBreaker::in_a_row(bool failure) noexcept {
    if (failure) return failures_in_a_row_.fetch_add(1, std::memory_order_relaxed) + 1 >= *settings_.consecutive;
    if (failures_in_a_row_.load(std::memory_order_relaxed) != 0)
        failures_in_a_row_.store(0, std::memory_order_relaxed);
    return false;
}

// By which share the circuit should open, if by any.
std::optional<OpenedBy> CircuitBreaker::verdict_on(const Tally& tally) const noexcept {
    if (tally.calls < settings_.min_calls) return std::nullopt;
    if (reaches(tally.failures, tally.calls, failure_millionths_)) return OpenedBy::failure_rate;
    if (settings_.slow_call && reaches(tally.slow, tally.calls, slow_millionths_)) return OpenedBy::slow_rate;
    return std::nullopt;
}

// What led here was seen without the lock. It decides on the window as it is under the lock.
void CircuitBreaker::trip(std::uint64_t generation, bool in_a_row, Instant now, Rng& rng) noexcept {
    std::optional<CircuitEvent> event;
    {
        const std::scoped_lock lock{mutex_};
        if (generation_of(word_.load(std::memory_order_relaxed)) != generation) return;
        const Tally tally = window_total(now);
        const auto by = in_a_row ? OpenedBy::consecutive_failures : verdict_on(tally);
        if (!by) return;
        event = open(*by, tally, now, rng);
    }
    tell(event);
}

// ---- Any other circuit

Result<Permit> CircuitBreaker::acquire_unless_closed(std::uint64_t word, Instant now, Rng& rng) noexcept {
    switch (state_of(word)) {
        case CircuitState::closed:
        case CircuitState::forced_closed: return Permit{*this, generation_of(word), now, Permit::no_probe};
        case CircuitState::recovering: return acquire_recovering(word, now, rng);
        case CircuitState::open:
            if (const Instant until = until_.load(std::memory_order_relaxed); now < until)
                return refuse(is_open, until - now);
            return acquire_probe(now, rng);
        case CircuitState::half_open:
            if (now < next_probe_.load(std::memory_order_relaxed)) return refuse(is_probing);
            return acquire_probe(now, rng);
        case CircuitState::forced_open: return refuse(was_opened_by_hand);
    }
    return refuse(is_open);
}

double CircuitBreaker::passing_share(Instant now) const noexcept {
    const double length = static_cast<double>(settings_.ramp.value_or(Duration{1}).count());
    const double left = static_cast<double>((until_.load(std::memory_order_relaxed) - now).count());
    return std::clamp(1.0 - left / length, first_share, 1.0);
}

Result<Permit> CircuitBreaker::acquire_recovering(std::uint64_t word, Instant now, Rng& rng) noexcept {
    if (now >= until_.load(std::memory_order_relaxed)) {
        // The same generation: it was closed before, and what is counted stays. If this fails, the circuit has opened.
        std::uint64_t closed = word - static_cast<std::uint64_t>(CircuitState::recovering);
        if (!word_.compare_exchange_strong(word, closed, std::memory_order_acq_rel)) return try_acquire(now, rng);
    } else if (rng.fraction() >= passing_share(now)) {
        return refuse(is_recovering);
    }
    return Permit{*this, generation_of(word), now, Permit::no_probe};
}

Result<Permit> CircuitBreaker::acquire_probe(Instant now, Rng& rng) noexcept {
    std::optional<CircuitEvent> event;
    std::uint64_t word = 0;
    std::uint64_t serial = 0;
    {
        const std::scoped_lock lock{mutex_};
        if (state() == CircuitState::open && now >= until_.load(std::memory_order_relaxed)) event = half_open();
        word = word_.load(std::memory_order_relaxed);
        if (state_of(word) == CircuitState::half_open) serial = take_probe(now);
    }
    tell(event);
    if (serial != 0) return Permit{*this, generation_of(word), now, serial};
    if (state_of(word) == CircuitState::half_open) return refuse(is_probing);   // another thread took the last one
    return try_acquire(now, rng);                                               // or changed the state
}

Result<Permit> CircuitBreaker::refuse(std::string_view why, Duration wait) noexcept {
    refused_.fetch_add(1, std::memory_order_relaxed);
    if (settings_.shadow) return Permit{};
    return Fault{Reason::circuit_open, why, 0, Fault::in(wait)};
}

// ---- Probes

void CircuitBreaker::settle_probe(std::uint64_t serial, Verdict verdict, Instant started, Instant now,
                                  Rng& rng) noexcept {
    std::optional<CircuitEvent> event;
    {
        const std::scoped_lock lock{mutex_};
        Probe* const probe = find_probe(serial);
        const bool in_time = probe && now < probe->lease_until;
        if (probe) *probe = {};
        if (!in_time && verdict != Verdict::neutral) late_.fetch_add(1, std::memory_order_relaxed);
        if (in_time && verdict != Verdict::neutral) {
            const bool good = verdict == Verdict::success && now - started < slow_from_;
            if (!good)
                event = open(OpenedBy::failed_probe, opening_.tally(), now, rng);
            else if (++probes_succeeded_ == settings_.probes)
                event = close(now);
        }
        look_for_next_probe();
    }
    tell(event);
}

void CircuitBreaker::drop_probe(std::uint64_t serial) noexcept {
    const std::scoped_lock lock{mutex_};
    if (Probe* const probe = find_probe(serial)) *probe = {};
    look_for_next_probe();
}

CircuitBreaker::Probe* CircuitBreaker::find_probe(std::uint64_t serial) noexcept {
    const auto found = std::find_if(probes_.begin(), probes_.end(),
                                    [serial](const Probe& probe) { return probe.serial == serial; });
    return found == probes_.end() ? nullptr : &*found;
}

// The serial number of a new probe; zero if as many are under way as successes are missing. One whose lease has ended
// loses its place here, so that nothing counts it as under way any more.
std::uint64_t CircuitBreaker::take_probe(Instant now) noexcept {
    std::uint32_t under_way = 0;
    for (Probe& probe : probes_) {
        if (probe.serial != 0 && probe.lease_until <= now) probe = {};
        if (probe.serial != 0) ++under_way;
    }
    std::uint64_t serial = 0;
    if (under_way + probes_succeeded_ < settings_.probes) {
        serial = ++last_serial_;
        *find_probe(0) = {serial, after(now, settings_.probe_lease)};
    }
    look_for_next_probe();
    return serial;
}

// So that calls that find no probe free need not take the lock to see it.
void CircuitBreaker::look_for_next_probe() noexcept {
    Instant next = never;
    std::uint32_t under_way = 0;
    for (const Probe& probe : probes_) {
        if (probe.serial == 0) continue;
        ++under_way;
        next = std::min(next, probe.lease_until);
    }
    if (under_way + probes_succeeded_ < settings_.probes) next = Instant::min();
    next_probe_.store(next, std::memory_order_relaxed);
}

// ---- Changes of the state, under the mutex

void CircuitBreaker::enter(CircuitState state) noexcept {
    const std::uint64_t generation = generation_of(word_.load(std::memory_order_relaxed)) + 1;
    ++sequence_;
    probes_succeeded_ = 0;
    std::fill(probes_.begin(), probes_.end(), Probe{});
    look_for_next_probe();
    // Release: whoever sees the state sees what it rests on.
    word_.store(generation << 8U | static_cast<std::uint64_t>(state), std::memory_order_release);
}

CircuitEvent CircuitBreaker::open(OpenedBy by, const Tally& tally, Instant now, Rng& rng) noexcept {
    opening_.store(by, tally);
    rest_ = next_rest(now);
    const Duration rest = varied(rest_, settings_.jitter, rng);
    until_.store(after(now, rest), std::memory_order_relaxed);
    enter(CircuitState::open);
    return CircuitOpened{name_, sequence_, by, tally, rest};
}

// It opens again soon if a probe failed, or if it had not been closed for as long as it had rested.
Duration CircuitBreaker::next_rest(Instant now) noexcept {
    const bool soon = rest_ > Duration::zero() &&
                      (state() == CircuitState::half_open || now < after(closed_at_, rest_));
    if (!soon || !settings_.open_for_max) return settings_.open_for;
    return rest_ > *settings_.open_for_max / 2 ? *settings_.open_for_max : rest_ * 2;
}

CircuitEvent CircuitBreaker::half_open() noexcept {
    enter(CircuitState::half_open);
    return CircuitHalfOpened{name_, sequence_};
}

CircuitEvent CircuitBreaker::close(Instant now) noexcept {
    clear_window(now);
    closed_at_ = now;
    const Duration ramp = settings_.ramp.value_or(Duration::zero());
    until_.store(after(now, ramp), std::memory_order_relaxed);
    enter(settings_.ramp ? CircuitState::recovering : CircuitState::closed);
    return CircuitClosed{name_, sequence_, ramp};
}

void CircuitBreaker::force(CircuitState state, Instant now) noexcept {
    std::optional<CircuitEvent> event;
    {
        const std::scoped_lock lock{mutex_};
        clear_window(now);
        enter(state);
        event = CircuitForced{name_, sequence_,
                              state == CircuitState::forced_open ? CircuitForced::To::open : CircuitForced::To::closed};
    }
    tell(event);
}

void CircuitBreaker::release(Instant now) noexcept {
    std::optional<CircuitEvent> event;
    {
        const std::scoped_lock lock{mutex_};
        if (state() != CircuitState::forced_open && state() != CircuitState::forced_closed) return;
        clear_window(now);
        rest_ = {};
        enter(CircuitState::closed);
        event = CircuitForced{name_, sequence_, CircuitForced::To::released};
    }
    tell(event);
}

// ---- The window

Tally CircuitBreaker::window_total(Instant now) noexcept {
    return by_count_ ? by_count_->total() : by_time_.total(now);
}

void CircuitBreaker::clear_window(Instant now) noexcept {
    failures_in_a_row_.store(0, std::memory_order_relaxed);
    if (by_count_)
        by_count_->clear();
    else
        by_time_.clear(now);
}

CircuitState CircuitBreaker::state_at(Instant now) const noexcept {
    const bool recovered = state() == CircuitState::recovering && now >= until_.load(std::memory_order_relaxed);
    return recovered ? CircuitState::closed : state();
}

bool CircuitBreaker::idle(Instant now) noexcept {
    const std::scoped_lock lock{mutex_};
    if (state_at(now) != CircuitState::closed) return false;
    const bool rests_are_forgotten = rest_ == Duration::zero() || now >= after(closed_at_, rest_);
    if (!rests_are_forgotten) return false;
    const Tally tally = window_total(now);
    return by_count_ ? tally.failures + tally.slow == 0 : tally.calls == 0;
}

CircuitReport CircuitBreaker::blank_report() const noexcept {
    CircuitReport report;
    report.shadow = settings_.shadow;
    if (!by_count_) report.window = settings_.window;
    report.refused = refused_.load(std::memory_order_relaxed);
    report.late = late_.load(std::memory_order_relaxed);
    report.probes = settings_.probes;
    return report;
}

std::optional<CircuitReport> CircuitBreaker::report_if_open(Instant now) const noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if (state_of(word) != CircuitState::open) return std::nullopt;
    CircuitReport report = blank_report();
    report.state = CircuitState::open;
    report.left = std::max(Duration::zero(), until_.load(std::memory_order_relaxed) - now);
    report.opened_by = opening_.by();
    report.calls = opening_.tally();
    if (word_.load(std::memory_order_relaxed) != word) return std::nullopt;   // it has changed meanwhile
    return report;
}

CircuitReport CircuitBreaker::report(Instant now) noexcept {
    if (const std::optional<CircuitReport> open = report_if_open(now)) return *open;
    const std::scoped_lock lock{mutex_};
    CircuitReport report = blank_report();
    report.state = state_at(now);
    const bool opened = report.state == CircuitState::open || report.state == CircuitState::half_open;
    report.calls = opened ? opening_.tally() : window_total(now);
    if (opened) report.opened_by = opening_.by();
    if (report.state == CircuitState::open || report.state == CircuitState::recovering)
        report.left = std::max(Duration::zero(), until_.load(std::memory_order_relaxed) - now);
    if (report.state == CircuitState::recovering) report.passing = passing_share(now);
    report.probes_succeeded = probes_succeeded_;
    for (const Probe& probe : probes_)
        if (probe.serial != 0 && now < probe.lease_until) ++report.probes_under_way;
    return report;
}

}  // namespace outrigger::resilience
