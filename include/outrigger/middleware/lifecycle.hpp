// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/blocking.hpp>
#include <outrigger/core/clock.hpp>
#include <outrigger/health/registry.hpp>
#include <outrigger/logging/logger.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::middleware {

class CaughtSignals;

// The steps of a shutdown that take time, in their order. Before the first of them readiness goes.
enum class ShutdownPhase : std::uint8_t {
    drain,    // new calls are still served for a while; then until none is left
    before,   // hooks: take no new work (consumers, schedulers); what callers need is still there
    close,    // hooks: servers end, connections close
    after,    // hooks: what the servers used ends (pools, clients), last figures are pushed
    flush,    // the log leaves the process
};
[[nodiscard]] std::string_view to_string(ShutdownPhase phase) noexcept;

// What a hook is told.
struct Shutdown {
    std::string_view reason;   // "SIGTERM", or as whoever asked for it said; holds while the hook runs
    Instant deadline;          // then the hook is left behind; on the lifecycle's clock
};
using ShutdownHook = std::function<void(const Shutdown&)>;

struct ShutdownTimeouts {
    Duration drain = std::chrono::seconds{13};   // `delay` is part of it
    Duration before = std::chrono::seconds{2};   // for all hooks of the phase together
    Duration close = std::chrono::seconds{6};    // cpp-httplib waits 5 s for connections that are idle
    Duration after = std::chrono::seconds{2};
    Duration flush = std::chrono::seconds{2};
};

struct LifecycleSettings {
    health::Registry* health = nullptr;        // its pages /health and /health/ready say shutting_down; must outlive us
    std::optional<logging::Logger> log = {};   // told what happens, and flushed as the last step
    // Calls in progress, asked twenty times a second. A moment without any ends the wait. None: nobody waits.
    std::function<std::uint64_t()> in_flight = {};
    // How long new calls are served after readiness has gone: what load balancers need to notice.
    Duration delay = std::chrono::seconds{5};
    ShutdownTimeouts timeouts = {};
    // For everything; `timeouts.flush` of it is the log's in any case. Below Kubernetes' 30 s of grace. A phase leaves to
    // those behind it what they have; where `timeouts` are more than this together, each phase has as much less.
    Duration timeout = std::chrono::seconds{25};
    std::vector<int> signals = {SIGTERM, SIGINT};   // that begin a shutdown; empty: none

    BlockingClock* clock = nullptr;   // another one than the machine's, for tests; must outlive the lifecycle
    // Runs a hook elsewhere than on a thread of its own: calls the function it is given, once, now or later.
    std::function<void(std::function<void()> run)> execute = {};
};

// What became of a hook that did not simply end.
struct HookFault {
    enum class Kind : std::uint8_t {
        threw,
        left_behind,   // it did not end in time, and may still run
        skipped,       // it was never begun: its phase has no time
    };
    std::string hook;   // its name
    ShutdownPhase phase = ShutdownPhase::before;
    Kind kind = Kind::threw;
    std::string why;   // a sentence
};

struct ShutdownReport {
    std::string reason;   // "SIGTERM"
    int signal = 0;       // its number; 0: asked for in another way
    Duration took = {};
    std::uint64_t cut = 0;          // calls that were still in progress when the drain's time was over
    std::vector<HookFault> faults;
    bool flushed = true;            // false: not all of the log left the process in time

    // A hook still runs, and with it whatever it uses, or was never run, and what it was to end has not ended: end the
    // process by std::quick_exit(), not by leaving main().
    [[nodiscard]] bool unfinished() const noexcept;
    [[nodiscard]] bool clean() const noexcept { return faults.empty() && cut == 0 && flushed; }
};

// Ends a service in the order that NestJS has: readiness goes, calls drain, then the hooks `before`, `close` and
// `after`, and at last the log is flushed. Every step is bounded in time.
//
//   Lifecycle lifecycle{{.health = &health, .log = log,
//                        .in_flight = [&] { return registry.http_server().active(); }}};
//   httplib::Server server;                               // observe(server, {.metrics = registry, .log = log}) ...
//   std::thread serving{[&] { server.listen("0.0.0.0", 8080); lifecycle.request_shutdown("the server ended"); }};
//   lifecycle.close("server", [&] { server.stop(); serving.join(); });
//   const auto report = lifecycle.wait();                 // until SIGTERM or SIGINT, and then all of the above
//   if (report.unfinished()) std::quick_exit(1);
//
// Hooks of a phase run one after another, the one added last first, as destructors do: it may use what was there before
// it. Each has its share of the time that the phase has left, and the rest when those before it were quick. One that is
// slower goes on beside those that follow, until the phase's time is over; then it is named and left behind. A hook
// that throws is told and counted, and ends nothing else.
//
// Signals are caught from construction on, by a handler that writes a byte into a pipe: which threads there are makes
// no difference, and no signal is blocked, so that programs started meanwhile can be ended as ever. A further signal
// changes nothing: a supervisor repeats it, and Ctrl-C reaches a whole group, whose leader passes it on; the shutdown
// is bounded anyway, and SIGQUIT (Ctrl-\) and SIGKILL end at once. Not for children that fork() and do not exec():
// they share the pipe.
//
// Lines of the log have one of these as event.action: shutdown-began, drain-ended, shutdown-hook-failed,
// shutdown-hook-left-behind, shutdown-hook-skipped, shutdown-ended.
//
// Hidden threads: none until the shutdown; then one for each hook, for as long as it runs. Thread-safe.
class Lifecycle {
public:
    // Throws std::invalid_argument for a time that is negative or longer than a day, and for a signal that nobody can
    // catch; std::logic_error while another Lifecycle catches signals; std::system_error without descriptors.
    explicit Lifecycle(LifecycleSettings settings = {});
    ~Lifecycle();   // What signals did before, they do again. Hooks that were never run are not run.
    Lifecycle(const Lifecycle&) = delete;
    Lifecycle& operator=(const Lifecycle&) = delete;

    // Hooks take a const Shutdown&, or nothing. Those added after the shutdown has begun are not run.
    template <class Hook>
    void before(std::string name, Hook hook) {
        add(&Added::before, std::move(name), hook_of(std::move(hook)));
    }
    template <class Hook>
    void close(std::string name, Hook hook) {
        add(&Added::close, std::move(name), hook_of(std::move(hook)));
    }
    template <class Hook>
    void after(std::string name, Hook hook) {
        add(&Added::after, std::move(name), hook_of(std::move(hook)));
    }

    // Blocks until a signal has come or somebody has called request_shutdown(); shuts down, on this thread.
    ShutdownReport wait();
    // Ends wait(), and does nothing without it. From any thread, a request's included; the first reason stands.
    void request_shutdown(std::string reason);
    // Shuts down now, on this thread: for a program that has its own way to wait. It happens once: further calls of it
    // and of wait() wait for the first one and return its report. Not from a hook.
    ShutdownReport shutdown(std::string reason);

    // Whether a shutdown has begun: replies should say `Connection: close` from then on.
    [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_relaxed); }

private:
    struct Hook {
        std::string name;
        ShutdownHook run;
    };
    using Hooks = std::vector<Hook>;
    struct Added {
        Hooks before;
        Hooks close;
        Hooks after;
    };
    class Run;   // of a hook
    class Course;   // of a shutdown

    template <class Given>
    [[nodiscard]] static ShutdownHook hook_of(Given hook) {
        if constexpr (std::invocable<Given&, const Shutdown&>)
            return hook;
        else
            return [hook = std::move(hook)](const Shutdown&) mutable { hook(); };
    }
    void add(Hooks Added::* phase, std::string name, ShutdownHook hook);
    ShutdownReport shutdown_once(std::string reason, int signal);

    const LifecycleSettings settings_;
    const std::unique_ptr<BlockingClock> own_clock_;   // null: one was given
    BlockingClock& clock_;
    const std::unique_ptr<CaughtSignals> signals_;
    std::atomic<bool> stopping_{false};

    std::mutex mutex_;                    // guards what follows
    Added added_;
    std::optional<std::string> requested_;   // by request_shutdown()
    std::mutex performing_;               // held for all of a shutdown; guards report_
    std::optional<ShutdownReport> report_;
};

}   // namespace outrigger::middleware
