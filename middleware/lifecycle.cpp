// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/lifecycle.hpp>

#include <outrigger/core/system_blocking_clock.hpp>
#include "caught_signals.hpp"
#include "milliseconds.hpp"

#include <algorithm>
#include <exception>
#include <source_location>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using logging::field;
using logging::Level;

constexpr Duration between_looks = 50ms;   // at the calls in progress
constexpr std::source_location nowhere{};  // our own source says nothing to who reads the service's log

std::string milliseconds(Duration length) { return std::string{Milliseconds{length}.text()} + " ms"; }

// What `run` throws, as a sentence; empty: nothing.
template <class Run>
std::string thrown_by(const Run& run) {
    try {
        run();
        return {};
    } catch (const std::exception& error) {
        return *error.what() != '\0' ? error.what() : "an exception without a text";
    } catch (...) {
        return "something that is no std::exception";
    }
}

std::string name_of(int signal) {
    switch (signal) {
        case SIGTERM: return "SIGTERM";
        case SIGINT: return "SIGINT";
        case SIGHUP: return "SIGHUP";
        case SIGQUIT: return "SIGQUIT";
        case SIGUSR1: return "SIGUSR1";
        case SIGUSR2: return "SIGUSR2";
        default: return "signal " + std::to_string(signal);
    }
}

LifecycleSettings checked(LifecycleSettings settings) {
    const ShutdownTimeouts& each = settings.timeouts;
    for (const Duration time :
         {settings.delay, settings.timeout, each.drain, each.before, each.close, each.after, each.flush})
        if (time < 0s || time > 24h) throw std::invalid_argument("a lifecycle's times are 0 s to 24 h");
    return settings;
}

std::string_view action_of(HookFault::Kind kind) noexcept {
    switch (kind) {
        case HookFault::Kind::threw: return "shutdown-hook-failed";
        case HookFault::Kind::left_behind: return "shutdown-hook-left-behind";
        case HookFault::Kind::skipped: return "shutdown-hook-skipped";
    }
    return {};
}

}   // namespace

std::string_view to_string(ShutdownPhase phase) noexcept {
    switch (phase) {
        case ShutdownPhase::drain: return "drain";
        case ShutdownPhase::before: return "before";
        case ShutdownPhase::close: return "close";
        case ShutdownPhase::after: return "after";
        case ShutdownPhase::flush: return "flush";
    }
    return {};
}

bool ShutdownReport::unfinished() const noexcept {
    return std::any_of(faults.begin(), faults.end(),
                       [](const HookFault& one) { return one.kind != HookFault::Kind::threw; });
}

// One hook that runs: on a thread, or by whoever was asked to. What both sides use ends with the later of them.
class Lifecycle::Run {
public:
    Run(Hook hook, const std::string& reason, Instant deadline, const LifecycleSettings& settings)
        : state_{std::make_shared<State>(std::move(hook), reason, deadline)} {
        const auto work = [state = state_] { state->run(); };
        if (settings.execute) {
            if (const std::string why = thrown_by([&] { settings.execute(work); }); !why.empty()) state_->refused(why);
            return;
        }
        try {
            thread_ = std::thread{work};
        } catch (const std::system_error&) {
            work();   // the machine gives no thread: better late than not at all
        }
    }
    Run(Run&&) noexcept = default;
    Run& operator=(Run&&) = delete;
    ~Run() {
        if (thread_.joinable()) thread_.detach();   // left behind
    }

    [[nodiscard]] bool ended_by(Instant until, BlockingClock& clock) noexcept {
        if (clock.wait(state_->ended, until, std::stop_token{}) != Woken::raised) return false;
        if (thread_.joinable()) thread_.join();   // so that what the hook holds has ended too
        return true;
    }
    [[nodiscard]] const std::string& name() const noexcept { return state_->hook.name; }
    // What it threw; only once it has ended.
    [[nodiscard]] const std::string& thrown() const noexcept { return state_->thrown; }

private:
    struct State {
        State(Hook given, std::string why, Instant deadline)
            : hook{std::move(given)}, reason{std::move(why)}, told{reason, deadline} {}
        State(const State&) = delete;
        State& operator=(const State&) = delete;
        void run() {
            thrown = thrown_by([this] { hook.run(told); });
            ended.raise();
        }
        void refused(const std::string& why) {
            if (ended.raised()) return;   // it ran, and what threw was around it
            thrown = "could not be run: " + why;
            ended.raise();
        }
        Hook hook;
        const std::string reason;
        const Shutdown told;
        std::string thrown;   // written before `ended` is raised, read after
        Signal ended;
    };
    std::shared_ptr<State> state_;
    std::thread thread_;
};

// A shutdown from its beginning to its end.
class Lifecycle::Course {
public:
    Course(const LifecycleSettings& settings, BlockingClock& clock, std::string reason, int signal)
        : settings_{settings}, clock_{clock}, began_{clock.now()} {
        report_.reason = std::move(reason);
        report_.signal = signal;
    }

    [[nodiscard]] ShutdownReport run(Added hooks) {
        tell_beginning();
        drain();
        const ShutdownTimeouts& each = settings_.timeouts;
        run_all(ShutdownPhase::before, std::move(hooks.before), each.before, each.close + each.after);
        run_all(ShutdownPhase::close, std::move(hooks.close), each.close, each.after);
        run_all(ShutdownPhase::after, std::move(hooks.after), each.after, {});
        report_.took = clock_.now() - began_;
        flush();
        return std::move(report_);
    }

private:
    // The end of a phase that begins then: what it has, but never time that is the log's, nor what phases behind it have
    // together. Where there is not enough for all, these have as much less as all have.
    [[nodiscard]] Instant end_of(Instant begin, Duration phase, Duration behind) const noexcept {
        const ShutdownTimeouts& each = settings_.timeouts;
        const Duration wanted = each.drain + each.before + each.close + each.after;
        const Duration all = std::max(Duration{}, settings_.timeout - each.flush);
        if (wanted > all)
            behind = std::chrono::duration_cast<Duration>(behind * std::chrono::duration<double>{all}.count() /
                                                          std::chrono::duration<double>{wanted}.count());
        return std::min(outrigger::after(begin, phase), outrigger::after(began_, all - behind));
    }

    void tell_beginning() const {
        if (!settings_.log) return;
        settings_.log->info("shutting down (" + report_.reason + "), for at most " + milliseconds(settings_.timeout),
                            field("event.action", "shutdown-began"), field("outrigger.cause", report_.reason));
    }

    void drain() {
        const auto leave = [this] {
            if (settings_.health != nullptr) settings_.health->begin_drain();
        };
        if (const std::string why = thrown_by(leave); !why.empty())
            fault("health", ShutdownPhase::drain, HookFault::Kind::threw, why);
        const ShutdownTimeouts& each = settings_.timeouts;
        const Instant until = end_of(clock_.now(), each.drain, each.before + each.close + each.after);
        (void)clock_.pause(std::min(until, outrigger::after(clock_.now(), settings_.delay)), std::stop_token{});
        while (in_flight() && clock_.now() < until)
            (void)clock_.pause(std::min(until, outrigger::after(clock_.now(), between_looks)), std::stop_token{});
        tell_drained();
    }
    // Whether calls are in progress; how many is the report's until there are none.
    [[nodiscard]] bool in_flight() {
        report_.cut = 0;
        if (!settings_.in_flight) return false;
        const std::string why = thrown_by([this] { report_.cut = settings_.in_flight(); });
        if (!why.empty()) fault("in_flight", ShutdownPhase::drain, HookFault::Kind::threw, why);
        return report_.cut != 0;
    }
    void tell_drained() const {
        if (!settings_.log) return;
        settings_.log->log(report_.cut == 0 ? Level::info : Level::warn,
                           {"drained in " + milliseconds(clock_.now() - began_) +
                                ", calls still in progress: " + std::to_string(report_.cut),
                            nowhere},
                           field("event.action", "drain-ended"), field("outrigger.cut", report_.cut));
    }

    // Each begins once those before it have ended, or had their share of what the phase has left.
    void run_all(ShutdownPhase phase, Hooks hooks, Duration length, Duration behind) {
        const Instant begin = clock_.now();
        const Instant until = end_of(begin, length, behind);
        std::vector<Run> slow;
        for (; !hooks.empty(); hooks.pop_back()) {
            const Instant now = clock_.now();
            if (now >= until) {
                fault(hooks.back().name, phase, HookFault::Kind::skipped, "there was no time left for it");
                continue;
            }
            const Duration share = (until - now) / static_cast<Duration::rep>(hooks.size());
            Run run{std::move(hooks.back()), report_.reason, until, settings_};
            if (!settled(run, phase, outrigger::after(now, share))) slow.push_back(std::move(run));
        }
        for (Run& run : slow)
            if (!settled(run, phase, until))
                fault(run.name(), phase, HookFault::Kind::left_behind,
                      "it has not ended within the " + milliseconds(until - begin) + " of its phase");
    }
    [[nodiscard]] bool settled(Run& run, ShutdownPhase phase, Instant until) {
        if (!run.ended_by(until, clock_)) return false;
        if (!run.thrown().empty()) fault(run.name(), phase, HookFault::Kind::threw, run.thrown());
        return true;
    }

    void fault(const std::string& hook, ShutdownPhase phase, HookFault::Kind kind, const std::string& why) {
        report_.faults.push_back({hook, phase, kind, why});
        if (!settings_.log) return;
        settings_.log->error({"shutdown hook " + hook + ": " + why, nowhere}, field("event.action", action_of(kind)),
                             field("outrigger.hook", hook), field("outrigger.phase", to_string(phase)));
    }

    void flush() {
        if (!settings_.log) return;
        settings_.log->info("shut down in " + milliseconds(report_.took) + ", hooks that failed: " +
                                std::to_string(report_.faults.size()),
                            field("event.action", "shutdown-ended"), field("event.duration", report_.took));
        report_.flushed = settings_.log->flush(settings_.timeouts.flush);
    }

    const LifecycleSettings& settings_;
    BlockingClock& clock_;
    const Instant began_;
    ShutdownReport report_;
};

Lifecycle::Lifecycle(LifecycleSettings settings)
    : settings_{checked(std::move(settings))},
      own_clock_{settings_.clock == nullptr ? std::make_unique<SystemBlockingClock>() : nullptr},
      clock_{settings_.clock == nullptr ? *own_clock_ : *settings_.clock},
      signals_{std::make_unique<CaughtSignals>(settings_.signals)} {}

Lifecycle::~Lifecycle() = default;

void Lifecycle::add(Hooks Added::* phase, std::string name, ShutdownHook hook) {
    const std::scoped_lock lock{mutex_};
    (added_.*phase).push_back({std::move(name), std::move(hook)});
}

void Lifecycle::request_shutdown(std::string reason) {
    {
        const std::scoped_lock lock{mutex_};
        if (!requested_) requested_ = std::move(reason);
    }
    signals_->wake();
}

ShutdownReport Lifecycle::wait() {
    const int signal = signals_->wait();
    if (signal != 0) return shutdown_once(name_of(signal), signal);
    std::unique_lock lock{mutex_};
    std::string reason = requested_.value_or("");   // none: shutdown() was called meanwhile, and has its own
    lock.unlock();
    return shutdown_once(std::move(reason), 0);
}

ShutdownReport Lifecycle::shutdown(std::string reason) { return shutdown_once(std::move(reason), 0); }

ShutdownReport Lifecycle::shutdown_once(std::string reason, int signal) {
    const std::scoped_lock performing{performing_};
    if (report_) {
        signals_->wake();   // this one has used up the byte that was there for those who wait
        return *report_;
    }
    stopping_.store(true, std::memory_order_relaxed);
    Added hooks;
    {
        const std::scoped_lock lock{mutex_};
        hooks = std::exchange(added_, {});
    }
    report_ = Course{settings_, clock_, std::move(reason), signal}.run(std::move(hooks));
    signals_->wake();   // whoever waits, or comes to, has the report
    return *report_;
}

}   // namespace outrigger::middleware
