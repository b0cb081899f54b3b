// SPDX-License-Identifier: Apache-2.0
// What our circuit breaker says to sequences of events: circuit_verdicts <SEQUENCES
//
//     sequence consecutive=3 rate=0.5 window=10000 window_calls=20 min_calls=5 rest=1000 lease=30000
//     start 7            a call begins
//     end 7 failure      it ends: success, failure or neutral
//     pass 250           so many milliseconds pass
//
// A line for each event: a (admitted), r (refused) or - (no question), and the state after it: c (closed), o (open) or
// h (the next call is, or would be, a probe). Settings of 0 are unset.
#include <outrigger/core/manual_clock.hpp>
#include <outrigger/resilience/breaker.hpp>

#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace {

using namespace outrigger;
using namespace outrigger::resilience;

std::map<std::string, double> numbers(std::istream& words) {
    std::map<std::string, double> found;
    for (std::string word; words >> word;) {
        const std::size_t equals = word.find('=');
        found[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
    }
    return found;
}

Duration milliseconds(double count) { return std::chrono::milliseconds{static_cast<std::int64_t>(count)}; }

Breaker settings_of(std::map<std::string, double> given) {
    const auto count = [&given](const char* name) -> std::optional<std::uint32_t> {
        if (given[name] == 0) return std::nullopt;
        return static_cast<std::uint32_t>(given[name]);
    };
    return {.failure_rate = given["rate"],
            .consecutive = count("consecutive"),
            .window = milliseconds(given["window"]),
            .window_calls = count("window_calls"),
            .min_calls = *count("min_calls"),
            .open_for = milliseconds(given["rest"]),
            .jitter = 0_percent,
            .probes = 1,
            .probe_lease = milliseconds(given["lease"])};
}

class Sequence {
public:
    explicit Sequence(const Breaker& settings) : breaker_{settings} {}

    void pass(Duration time) { clock_.advance(time); }
    char start(int call) {
        Result<Permit> permit = breaker_.try_acquire(clock_.now(), rng_);
        if (!permit) return 'r';
        permits_.insert_or_assign(call, std::move(*permit));
        return 'a';
    }
    void end(int call, std::string_view outcome) {
        const auto permit = permits_.find(call);
        if (permit == permits_.end()) return;
        const Verdict verdict = outcome == "success"   ? Verdict::success
                                : outcome == "failure" ? Verdict::failure
                                                       : Verdict::neutral;
        permit->second.settle(verdict, clock_.now(), rng_);
        permits_.erase(permit);
    }
    [[nodiscard]] char state() {
        if (breaker_.state() == CircuitState::closed) return 'c';
        const CircuitReport report = breaker_.report(clock_.now());
        return report.state == CircuitState::open && report.left > Duration::zero() ? 'o' : 'h';
    }

private:
    ManualClock clock_;
    Rng rng_{1};   // nothing is drawn: there is no jitter
    CircuitBreaker breaker_;
    std::map<int, Permit> permits_;   // before the breaker in its end
};

}   // namespace

int main() {
    std::optional<Sequence> sequence;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words{line};
        std::string event;
        words >> event;
        if (event == "sequence") {
            sequence.emplace(settings_of(numbers(words)));
            continue;
        }
        int number = 0;
        std::string outcome;
        words >> number >> outcome;
        char verdict = '-';
        if (event == "start") verdict = sequence->start(number);
        if (event == "end") sequence->end(number, outcome);
        if (event == "pass") sequence->pass(std::chrono::milliseconds{number});
        std::cout << verdict << sequence->state() << '\n';
    }
}
