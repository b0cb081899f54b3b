# SPDX-License-Identifier: Apache-2.0
"""Deliberate bugs in the policies, for mutate.py. A survivor shows a missing test: write it, keep the bug.

The old text stands in its file exactly once. `tests` are those that should notice: stems in tests/unit/resilience, or
scenario/STEM.
"""
from typing import NamedTuple


class Mutant(NamedTuple):
    path: str
    what: str
    tests: tuple[str, ...]
    old: str
    new: str


BREAKER = ("breaker_test", "scenario/breaker_test")
BREAKER_THREADS = ("breaker_threads_test",)
WINDOW = ("outcome_window_test",)
JITTER = ("jitter_test", "breaker_test")
RETRY = ("retry_test",)
BUDGET = ("retry_budget_test", "retry_test")
BACKOFF = ("backoff_test",)
BULKHEAD = ("bulkhead_test", "bulkhead_blocking_test", "bulkhead_property_test")
RATE = ("rate_limit_test",)
TIMEOUT = ("timeout_test",)
PIPELINE = ("pipeline_test",)
KEYED = ("keyed_test", "keyed_threads_test")

_BREAKER = "resilience/breaker.cpp"
_BREAKER_H = "include/outrigger/resilience/breaker.hpp"
_WINDOW = "resilience/outcome_window.cpp"
_WINDOW_H = "include/outrigger/resilience/outcome_window.hpp"
_RETRY = "resilience/retry.cpp"
_BUDGET = "resilience/retry_budget.cpp"
_BACKOFF = "resilience/backoff.cpp"
_BULKHEAD = "resilience/bulkhead.cpp"
_STAGES = "include/outrigger/resilience/stages.hpp"
_KEYED = "include/outrigger/resilience/keyed.hpp"

MUTANTS = [
    # ---- Breaker: probes
    Mutant(_BREAKER, "one probe too many", BREAKER_THREADS,
           "if (under_way + probes_succeeded_ < settings_.probes) {",
           "if (under_way + probes_succeeded_ <= settings_.probes) {"),
    Mutant(_BREAKER, "a neutral probe's place is lost", BREAKER,
           "if (probe) *probe = {};\n        if (!in_time",
           "if (probe && verdict != Verdict::neutral) *probe = {};\n        if (!in_time"),
    Mutant(_BREAKER, "a dropped probe's place is lost", BREAKER,
           "if (Probe* const probe = find_probe(serial)) *probe = {};", "(void)serial;"),
    Mutant(_BREAKER, "a freed place is not told", BREAKER,
           "        look_for_next_probe();\n    }\n    tell(event);", "    }\n    tell(event);"),
    Mutant(_BREAKER, "a hung probe keeps its place after its lease", BREAKER,
           "if (probe.serial != 0 && probe.lease_until <= now) probe = {};", ""),
    Mutant(_BREAKER, "a probe still counts after its lease", BREAKER,
           "const bool in_time = probe && now < probe->lease_until;", "const bool in_time = probe != nullptr;"),
    Mutant(_BREAKER, "a lease is one instant too long", BREAKER,
           "probe && now < probe->lease_until;", "probe && now <= probe->lease_until;"),
    Mutant(_BREAKER, "a cancelled probe opens the circuit again", BREAKER,
           "if (in_time && verdict != Verdict::neutral) {", "if (in_time) {"),
    Mutant(_BREAKER, "a slow probe is a good one", BREAKER,
           "verdict == Verdict::success && now - started < slow_from_;", "verdict == Verdict::success;"),
    Mutant(_BREAKER, "the probes of the last round still take places", BREAKER,
           "    std::fill(probes_.begin(), probes_.end(), Probe{});\n", ""),
    Mutant(_BREAKER, "the successes of the last round still count", BREAKER,
           "    probes_succeeded_ = 0;\n    std::fill", "    std::fill"),
    Mutant(_BREAKER, "every call of a half-open circuit begins a new round", BREAKER,
           "if (state() == CircuitState::open && now >= until_", "if (now >= until_"),
    Mutant(_BREAKER, "it closes one success too early", BREAKER,
           "++probes_succeeded_ == settings_.probes", "++probes_succeeded_ + 1 >= settings_.probes"),
    # ---- Breaker: opening
    Mutant(_BREAKER, "a late result counts: the generation is not checked", BREAKER,
           "if (generation_of(word) != generation) {", "if (false) {"),
    Mutant(_BREAKER, "the generation is not checked again under the lock", BREAKER_THREADS,
           "        if (generation_of(word_.load(std::memory_order_relaxed)) != generation) return;\n", ""),
    Mutant(_BREAKER, "the rate must be exceeded, not reached", BREAKER,
           "return part * 1'000'000 >= threshold", "return part * 1'000'000 > threshold"),
    Mutant(_BREAKER, "shares are compared the wrong way round", BREAKER,
           "return part * 1'000'000 >= threshold", "return part * 1'000'000 <= threshold"),
    Mutant(_BREAKER, "one call more is needed before a share counts", BREAKER,
           "if (tally.calls < settings_.min_calls)", "if (tally.calls <= settings_.min_calls)"),
    Mutant(_BREAKER, "a call as long as the limit is not slow", BREAKER,
           "const bool slow = now - started >= slow_from_;", "const bool slow = now - started > slow_from_;"),
    Mutant(_BREAKER, "the share of slow calls is that of the failures", BREAKER,
           "reaches(tally.slow, tally.calls, slow_millionths_)",
           "reaches(tally.failures, tally.calls, slow_millionths_)"),
    Mutant(_BREAKER, "one failure in a row too many is needed", BREAKER,
           "+ 1 >= *settings_.consecutive", ">= *settings_.consecutive"),
    Mutant(_BREAKER, "a success does not end a row of failures", BREAKER,
           "        failures_in_a_row_.store(0, std::memory_order_relaxed);\n    return false;",
           "        {}\n    return false;"),
    Mutant(_BREAKER, "a circuit that was forced closed opens", BREAKER,
           " && state_of(word) != CircuitState::forced_closed)", ")"),
    Mutant(_BREAKER_H, "a neutral result is a failure", BREAKER,
           "    if (verdict != Verdict::neutral)\n        breaker->record(generation_, verdict == Verdict::failure,",
           "    breaker->record(generation_, verdict != Verdict::success,"),
    # ---- Breaker: resting and closing
    Mutant(_BREAKER, "it rests one instant too long", BREAKER,
           "now < until)\n                return refuse(is_open", "now <= until)\n                return refuse(is_open"),
    Mutant(_BREAKER, "the refusal does not say how long to wait", BREAKER,
           "return refuse(is_open, until - now);", "return refuse(is_open);"),
    Mutant(_BREAKER, "the window is not emptied when it closes", BREAKER,
           "    clear_window(now);\n    closed_at_ = now;", "    closed_at_ = now;"),
    Mutant(_BREAKER, "a row of failures is not forgotten when it closes", BREAKER,
           "    failures_in_a_row_.store(0, std::memory_order_relaxed);\n    if (by_count_)", "    if (by_count_)"),
    Mutant(_BREAKER, "a rest does not grow", BREAKER, ": rest_ * 2;", ": rest_;"),
    Mutant(_BREAKER, "a rest grows beyond the longest", BREAKER,
           "rest_ > *settings_.open_for_max / 2 ? *settings_.open_for_max : rest_ * 2", "rest_ * 2"),
    Mutant(_BREAKER, "a rest never begins anew", BREAKER,
           "now < after(closed_at_, rest_));", "now >= closed_at_);"),
    Mutant(_BREAKER, "releasing does not forget the last rest", BREAKER,
           "        rest_ = {};\n        enter(CircuitState::closed);", "        enter(CircuitState::closed);"),
    Mutant("include/outrigger/resilience/jitter.hpp", "jitter only lengthens", JITTER,
           "(2.0 * rng.fraction() - 1.0)", "rng.fraction()"),
    Mutant("include/outrigger/resilience/jitter.hpp", "there is no jitter: all probe at once", ("breaker_crowd_test",),
           "(2.0 * rng.fraction() - 1.0)", "0.0 * rng.fraction()"),
    Mutant(_BREAKER, "the ramp lets the other calls pass", BREAKER,
           "rng.fraction() >= passing_share(now)", "rng.fraction() < passing_share(now)"),
    Mutant(_BREAKER, "results of the ramp are late when it ends", BREAKER,
           "word - static_cast<std::uint64_t>(CircuitState::recovering);",
           "word - static_cast<std::uint64_t>(CircuitState::recovering) + 256;"),
    Mutant(_BREAKER, "shadow mode refuses", BREAKER, "    if (settings_.shadow) return Permit{};\n", ""),
    Mutant(_BREAKER, "shadow mode counts what it would have refused", BREAKER,
           "if (settings_.shadow) return Permit{};",
           "if (settings_.shadow) return Permit{*this, generation_of(word_.load()), {}, Permit::no_probe};"),
    Mutant(_BREAKER, "an open circuit is idle", BREAKER,
           "    if (state_at(now) != CircuitState::closed) return false;\n", ""),
    # ---- Windows
    Mutant(_WINDOW, "a bucket begins one width too late", WINDOW,
           "(now - next) / width_ + 1;", "(now - next) / width_;"),
    Mutant(_WINDOW, "halving keeps all failures", WINDOW,
           "{tally.calls / 2, tally.failures / 2,", "{tally.calls / 2, tally.failures,"),
    Mutant(_WINDOW, "clearing forgets nothing", WINDOW,
           "    next_.store(Instant::min().time_since_epoch().count(), std::memory_order_relaxed);\n", ""),
    Mutant(_WINDOW, "the buckets lose their step", WINDOW,
           "after(now, width_) : next + steps * width_;", "after(now, width_) : after(now, width_);"),
    Mutant(_WINDOW_H, "a bucket overflows", WINDOW, "full = std::uint64_t{1} << 20U;", "full = std::uint64_t{1} << 23U;"),
    Mutant(_WINDOW_H, "a call is taken out before it was put in", BREAKER_THREADS,
           "        total_.fetch_add(pack(code), std::memory_order_relaxed);\n"
           "        const std::uint64_t gone = pack(place.exchange(code, std::memory_order_acq_rel));\n",
           "        const std::uint64_t gone = pack(place.exchange(code, std::memory_order_acq_rel)) - pack(code);\n"),
    Mutant(_WINDOW_H, "a replaced call stays in the sum", WINDOW,
           "fetch_sub(gone, std::memory_order_relaxed) - gone)", "fetch_sub(0, std::memory_order_relaxed))"),
    # ---- Retry, its pauses and its budget
    Mutant(_RETRY, "one attempt too many", RETRY, "ended.number >= settings_.attempts", "ended.number > settings_.attempts"),
    Mutant(_RETRY, "what may not be made twice is retried", RETRY,
           "    if (!ended.safe && retry != Retryable::always) return Stop::not_safe;\n", ""),
    Mutant(_RETRY, "the deadline is not checked against the pause", RETRY,
           "    if (own > spare && !told) return Stop::no_time;\n", ""),
    Mutant(_RETRY, "an attempt starts that the deadline cannot fit", RETRY,
           "if (ended.least_useful > left - wish) return", "if (false) return"),
    Mutant(_RETRY, "what the callee asked for is not waited for", RETRY,
           "RetryPause{*this, wish + own, own,", "RetryPause{*this, own, own,"),
    Mutant("include/outrigger/resilience/retry.hpp", "a token is not spent by its attempt", RETRY,
           "    if (token_) token_->spend();\n", ""),
    Mutant("include/outrigger/resilience/retry_budget.hpp", "a token is not given back", BUDGET,
           "~Token() { give_back(); }", "~Token() {}"),
    Mutant(_BUDGET, "the budget is overdrawn by one token", BUDGET,
           "* deposit_ < from + price_) return false;", "* deposit_ < from) return false;"),
    Mutant(_BUDGET, "tokens of calls do not lapse", BUDGET,
           "return std::max(spent, calls_before(second) * deposit_);", "return (void)second, spent;"),
    Mutant(_BUDGET, "tokens of time pile up without end", BUDGET, "return std::max(spent, earliest);",
           "return spent == untouched ? earliest : spent;"),
    Mutant(_BUDGET, "a token of time goes back to those of calls", BUDGET,
           "time_spent_.fetch_sub(time_price_,", "spent_.fetch_sub(price_,"),
    Mutant(_BACKOFF, "a pause overflows", BACKOFF,
           "return product < static_cast<double>(most.count()) ? Duration{static_cast<Duration::rep>(product)} : most;",
           "return std::min(Duration{static_cast<Duration::rep>(product)}, most);"),
    Mutant(_BACKOFF, "pauses grow one attempt too early", BACKOFF, "std::max(ended_attempt, 1U) - 1;",
           "std::max(ended_attempt, 1U);"),
    Mutant(_BACKOFF, "full jitter uses only the upper half", BACKOFF,
           "case Jitter::full: return drawn(Duration::zero(), most, rng);",
           "case Jitter::full: return drawn(most / 2, most, rng);"),
    Mutant(_BACKOFF, "decorrelated pauses have no ceiling", BACKOFF,
           "return std::min(drawn(first, widest, rng), std::max(settings.max, first));",
           "return drawn(first, widest, rng);"),
    # ---- Bulkhead
    Mutant(_BULKHEAD, "the last one in the queue comes first", BULKHEAD,
           "    caller.before = std::exchange(last_, &caller);\n"
           "    (caller.before ? caller.before->after : first_) = &caller;\n",
           "    caller.after = std::exchange(first_, &caller);\n"
           "    (caller.after ? caller.after->before : last_) = &caller;\n"),
    Mutant(_BULKHEAD, "one too many comes in from the queue", BULKHEAD,
           "while (queued(state) > 0 && inside(state) < concurrent_) {",
           "while (queued(state) > 0 && inside(state) <= concurrent_) {"),
    Mutant("include/outrigger/resilience/bulkhead.hpp", "one too many comes in at once", ("bulkhead_test",),
           "queued(state) == 0 && inside(state) < concurrent_;", "queued(state) == 0 && inside(state) <= concurrent_;"),
    Mutant(_BULKHEAD, "a thread that gives up keeps the slot that was on its way", BULKHEAD,
           "        if (has_slot) leave();   // the next one's turn\n", ""),
    Mutant(_BULKHEAD, "a coroutine that gave up keeps the slot that was on its way", BULKHEAD,
           "        bulkhead_.leave();   // the next one's turn\n", "        {}\n"),
    # ---- Rate limit, timeout
    Mutant("include/outrigger/resilience/token_bucket.hpp", "the last token of a burst is not given", RATE,
           "if (then > instant + full_)", "if (then >= instant + full_)"),
    Mutant("include/outrigger/resilience/token_bucket.hpp", "a quiet time saves more than the burst", RATE,
           "std::max(full_at, instant) + interval_;", "full_at + interval_;"),
    Mutant("include/outrigger/resilience/sliding_window.hpp", "a call leaves the window one unit too early", RATE,
           "instant(entry) + window_;", "instant(entry) + window_ - 1;"),
    Mutant("include/outrigger/resilience/timeout.hpp", "the later of two limits is in force", TIMEOUT,
           "return own < at ?", "return own > at ?"),
    Mutant("include/outrigger/resilience/timeout.hpp", "a deadline has not passed when it is reached", TIMEOUT,
           "return at <= now;", "return at < now;"),
    Mutant("include/outrigger/resilience/timeout.hpp", "the callee is blamed for a caller who left", TIMEOUT,
           "    if (caller_has_left) return {Reason::caller_left, \"the caller gave up\"};\n", ""),
    # ---- Pipeline, fallback, keyed
    Mutant(_STAGES, "the breaker takes every attempt for a success", PIPELINE,
           "permit_.settle(call.assessment().verdict,", "permit_.settle(Verdict::success,"),
    Mutant(_STAGES, "an attempt starts although the caller left during the pause", PIPELINE,
           "            if (const auto why = call_.over()) return call_.refuse(*why);\n            pause.start();",
           "            pause.start();"),
    Mutant("include/outrigger/resilience/call.hpp", "a refusal of ours counts against the callee", PIPELINE,
           "assessment_ = {Verdict::neutral, Retryable::no,", "assessment_ = {Verdict::failure, Retryable::no,"),
    Mutant("include/outrigger/resilience/call.hpp", "a classifier's opinion counts for what never arrived", PIPELINE,
           "if (!settled_) assessment_ = assessment;", "assessment_ = assessment;"),
    Mutant(_STAGES, "a call whose caller has left costs a probe or a token", PIPELINE,
           "    if (const auto over = call.over()) return call.refuse(*over);   // before it costs a token or a probe\n", ""),
    Mutant("include/outrigger/resilience/fallback.hpp", "an answer is made up for a caller who left",
           ("fallback_test",), "return fault.reason != Reason::caller_left;", "return (void)fault, true;"),
    Mutant(_KEYED, "what is held is evicted", KEYED,
           "return entry.held.load(std::memory_order_acquire) == 0 && entry", "return entry"),
    Mutant(_KEYED, "what is not idle is evicted", KEYED, " == 0 && entry.policy->idle(now);", " == 0 && (now, true);"),
    Mutant(_KEYED, "one key too many", KEYED,
           "if (size() >= max_keys_ && !make_room(now))", "if (size() > max_keys_ && !make_room(now))"),
]
