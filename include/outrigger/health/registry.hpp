// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/health/check.hpp>
#include <outrigger/health/document.hpp>
#include <outrigger/health/heartbeat.hpp>
#include <outrigger/health/published.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::health {

// Which page beside /health a check belongs to. There is no `live` here on purpose: what depends on others
// must never get a process restarted. Liveness knows only workers; see Registry::watch().
enum class Group : std::uint8_t {
    ready,    // shown by /health/ready
    startup,  // gates /health/startup only; once up it says nothing more
};

struct CheckSettings {
    Group group = Group::ready;
    bool optional = false;  // down makes the page `degraded` (200) instead of `error` (503)
    DampingSettings damping = {};
};

struct Settings {
    // A worker silent for so long is stuck, and /health/live fails.
    Duration wedged_after = std::chrono::seconds{30};
};

// The four pages, ready to send.
struct Pages {
    Document health;   // everything
    Document live;     // is this process stuck? 200 while draining
    Document ready;    // checks of group ready
    Document startup;  // ok once every required check was up once, and from then on; 200 while draining
};

// A check's standing changed. Views hold until the check's next report.
struct CheckChanged {
    std::string_view check;
    Status from = Status::unchecked;
    Status to = Status::unchecked;
    std::string_view message;  // of the outcome that made it; may be empty
    bool optional = false;
};

// A worker fell silent, or beats again.
struct WorkerChanged {
    std::string_view worker;
    bool stuck = false;
    Duration silence = {};  // how long it was silent when that was noticed
};

struct CheckHandle {
    std::size_t index = 0;
};

// What is known about this process's health, as documents that cost a probe nothing to answer. It runs no
// checks itself: whoever runs them reports here. All functions belong to one owner thread, except pages(),
// which any thread may call at any time. No hidden threads.
class Registry {
public:
    explicit Registry(Settings settings = {});

    // A new check; until its first report it is down, "not checked yet". Throws std::invalid_argument for an
    // empty key or one that is taken, and for damping settings of zero. Add the checks before the pages are
    // served: without one, ready and startup are ok.
    CheckHandle add(std::string key, CheckSettings settings = {});

    // A result. The pages are up to date on return.
    std::optional<CheckChanged> report(CheckHandle check, Outcome outcome);

    // A worker whose silence fails liveness. The heartbeat lives as long as the registry. Throws
    // std::invalid_argument for an empty or taken name.
    [[nodiscard]] Heartbeat& watch(std::string worker, Instant now);

    // Looks at the heartbeats; call it about once a second.
    [[nodiscard]] std::vector<WorkerChanged> look(Instant now);

    // From now on ready and health say `shutting_down`. False if they already did.
    bool begin_drain();
    [[nodiscard]] bool draining() const noexcept { return draining_; }

    // Any thread, lock-free. The pages stay whole however long they are kept.
    [[nodiscard]] std::shared_ptr<const Pages> pages() const noexcept { return published_.read(); }

private:
    struct Watched {
        Watched(std::string called, Instant now) : name{std::move(called)}, heartbeat{now} {}
        std::string name;
        Heartbeat heartbeat;
        std::string body;  // its entry while stuck
        bool stuck = false;
    };
    struct Registered {
        std::string key;
        CheckSettings settings;
        Check check;
        std::string body;  // its entry as it stands
    };
    enum class Selection : std::uint8_t { all, ready };

    [[nodiscard]] bool taken(std::string_view name) const noexcept;
    [[nodiscard]] std::shared_ptr<const Pages> render() const;
    [[nodiscard]] std::vector<Entry> checks(Selection selection) const;
    [[nodiscard]] std::vector<Entry> startup_checks() const;
    [[nodiscard]] std::vector<Entry> stuck_workers() const;

    Settings settings_;
    std::deque<Registered> checks_;  // deques: keys and heartbeats keep their addresses
    std::deque<Watched> workers_;
    bool draining_ = false;
    Published<Pages> published_;
};

}  // namespace outrigger::health
