// SPDX-License-Identifier: Apache-2.0
#include <outrigger/resilience/pipeline_plan.hpp>

#include <algorithm>
#include <cstddef>

#include <outrigger/core/units_text.hpp>
#include <outrigger/resilience/backoff.hpp>

namespace outrigger::resilience {
namespace {

constexpr Duration unbounded = Duration::max();

Duration sum(Duration a, Duration b) { return a > unbounded - b ? unbounded : a + b; }

// The longest pauses after all attempts but the last, if the callee asks for no longer ones.
Duration pauses(const Retry& retry) {
    Duration total{};
    for (std::uint32_t attempt = 1; attempt < retry.attempts; ++attempt)
        total = sum(total, ceiling(retry.backoff, attempt));
    return total;
}

Duration repeated(Duration length, std::uint64_t times) {
    return times > 0 && length > unbounded / static_cast<Duration::rep>(times)
               ? unbounded
               : length * static_cast<Duration::rep>(times);
}

// From the callee outwards.
struct Bound {
    std::uint64_t attempts = 1;
    Duration latency = unbounded;
    bool callee_may_add = false;

    void around(const PlannedTimeout& timeout) {
        latency = callee_may_add ? timeout.limit : std::min(latency, timeout.limit);
        callee_may_add = false;
    }
    void around(const PlannedRetry& retry) {
        callee_may_add = callee_may_add || retry.settings.attempts > 1;
        const Duration one = std::min(latency, retry.settings.per_try_timeout.value_or(unbounded));
        latency = sum(repeated(one, retry.settings.attempts), pauses(retry.settings));
        attempts *= retry.settings.attempts;
    }
    void around(const PlannedBulkhead& bulkhead) { latency = sum(bulkhead.wait, latency); }
    void around(const auto&) {}
};

Bound bound_of(Plan::const_reverse_iterator from, Plan::const_reverse_iterator to) {
    Bound bound;
    for (; from != to; ++from) std::visit([&](const auto& policy) { bound.around(policy); }, *from);
    return bound;
}

std::string in_words(const PlannedPolicy& planned) {
    struct Words {
        std::string operator()(const PlannedTimeout& timeout) const { return "timeout " + outrigger::to_string(timeout.limit); }
        std::string operator()(const PlannedRetry& retry) const {
            const auto& settings = retry.settings;
            std::string text = "retry up to " + std::to_string(settings.attempts) + " attempts";
            if (settings.per_try_timeout) text += " of " + outrigger::to_string(*settings.per_try_timeout);
            return text;
        }
        std::string operator()(const PlannedBreaker&) const { return "breaker"; }
        std::string operator()(const PlannedRateLimit&) const { return "rate limit"; }
        std::string operator()(const PlannedBulkhead&) const { return "bulkhead"; }
        std::string operator()(const PlannedClassify&) const { return "classify"; }
        std::string operator()(const PlannedFallback&) const { return "fallback"; }
    };
    return std::visit(Words{}, planned);
}

// Looks at each policy with those outside of it.
class Lint {
public:
    explicit Lint(const Plan& plan) : plan_{plan} {}

    std::vector<std::string> run() {
        for (at_ = 0; at_ < plan_.size(); ++at_)
            std::visit([this](const auto& policy) { look_at(policy); }, plan_[at_]);
        return std::move(found_);
    }

private:
    void look_at(const PlannedTimeout& timeout) {
        if (shortest_ && timeout.limit > *shortest_)
            warn("the timeout of " + text(timeout.limit) + " stands inside one of " + text(*shortest_) +
                 ": it can never pass first");
        shortest_ = std::min(timeout.limit, shortest_.value_or(timeout.limit));
    }
    void look_at(const PlannedRetry& retry) {
        const Retry& settings = retry.settings;
        if (settings.attempts < 2) return;
        if (!settings.budget)
            warn("the retry has no budget: in an outage it multiplies the load by up to " +
                 std::to_string(settings.attempts));
        if (retries_++ > 0) warn("a retry stands inside a retry: their attempts multiply");
        if (breakers_ > 0) warn("the retry stands inside the breaker, which so sees calls and not attempts");
        check_time(settings);
        if (settings.per_try_timeout)
            shortest_ = std::min(*settings.per_try_timeout, shortest_.value_or(*settings.per_try_timeout));
    }
    void check_time(const Retry& settings) {
        const auto& one = settings.per_try_timeout;
        if (one && shortest_ && *one > *shortest_)
            warn("per_try_timeout (" + text(*one) + ") exceeds the timeout around it (" + text(*shortest_) +
                 "): it can never pass first");
        const Bound inside = bound_of(plan_.rbegin(), plan_.rend() - static_cast<std::ptrdiff_t>(at_));
        if (inside.latency == unbounded && !shortest_)
            warn("nothing bounds an attempt: with neither a timeout nor per_try_timeout a hung one is never retried");
        else if (inside.latency == unbounded)
            warn("an attempt may use up the whole timeout (" + text(*shortest_) +
                 "): without per_try_timeout a hung one is never retried");
        else if (shortest_ && inside.latency > *shortest_ && !(one && *one > *shortest_))
            warn("all attempts and pauses may take " + text(inside.latency) + ", but the timeout around them is " +
                 text(*shortest_) + ": the last ones may not start");
    }
    void look_at(const PlannedFallback&) {
        if (retries_ > 0) warn("the fallback stands inside the retry, which so never sees a failure");
        if (breakers_ > 0) warn("the fallback stands inside the breaker, which so never sees a failure");
    }
    void look_at(const PlannedBulkhead& bulkhead) {
        if (breakers_ > 0 && bulkhead.wait > Duration::zero())
            warn("the bulkhead stands inside the breaker, which so takes a wait for a slot for slowness of the callee");
    }
    void look_at(const PlannedClassify&) {
        if (at_ + 1 < plan_.size()) warn("classify does not stand innermost: policies inside of it do not see what it says");
    }
    void look_at(const PlannedBreaker&) { ++breakers_; }
    void look_at(const auto&) {}

    void warn(std::string sentence) { found_.push_back(std::move(sentence)); }
    static std::string text(Duration length) { return outrigger::to_string(length); }

    const Plan& plan_;
    std::size_t at_ = 0;
    std::optional<Duration> shortest_;   // of the timeouts around
    int retries_ = 0;
    int breakers_ = 0;
    std::vector<std::string> found_;
};

}  // namespace

WorstCase worst_case(const Plan& plan) {
    const Bound bound = bound_of(plan.rbegin(), plan.rend());
    return {bound.attempts, bound.latency == unbounded ? std::nullopt : std::optional{bound.latency},
            bound.callee_may_add};
}

std::vector<std::string> lint(const Plan& plan) { return Lint{plan}.run(); }

std::string explain(std::string_view name, const Plan& plan) {
    std::string text{name};
    text += ": ";
    for (const PlannedPolicy& policy : plan) text += in_words(policy) + " > ";
    const WorstCase worst = worst_case(plan);
    text += "the call\n  at worst " + std::to_string(worst.attempts) + (worst.attempts == 1 ? " attempt, " : " attempts, ") +
            (worst.latency ? outrigger::to_string(*worst.latency) : "and no bound on the time") +
            (worst.latency && worst.callee_may_add ? ", and more if the callee asks for longer pauses (Retry-After)\n" : "\n");
    for (const std::string& warning : lint(plan)) text += "  warning: " + warning + '\n';
    return text;
}

}  // namespace outrigger::resilience
