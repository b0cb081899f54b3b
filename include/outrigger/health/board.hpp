// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/health/check.hpp>
#include <outrigger/health/document.hpp>
#include <outrigger/health/heartbeat.hpp>
#include <outrigger/health/published.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::health {

// Which page beside /health a check belongs to. There is no `live` here on purpose: what depends on others
// must never get a process restarted. Liveness knows only workers; see Board::watch().
enum class Group : std::uint8_t {
    ready,     // shown by /health/ready
    startup,   // gates /health/startup only; once up it says nothing more
    own,       // a page of your own, see CheckSettings::page
};

struct CheckSettings {
    Group group = Group::ready;
    bool optional = false;   // down makes the page `degraded` (200) instead of `error` (503)
    DampingSettings damping = {};
    std::string page = {};   // Group::own: shown by /health/<page>
    // Of a check that is run (Registry); nothing: as the registry's settings say.
    std::optional<Duration> every = {};         // from start to start, varied by 10%
    std::optional<Duration> timeout = {};       // then a run counts as failed, whether it has ended or not
    std::optional<Duration> stale_after = {};   // without any result for so long it is down, with its age
};

struct BoardSettings {
    // A worker silent for so long is stuck, and /health/live fails.
    Duration wedged_after = std::chrono::seconds{30};
};

// One page: terminus 12's document, written, and the others, written when they are first asked for.
class Page : public Document {
public:
    Page(Standings standings, bool draining);
    // Any thread.
    [[nodiscard]] const Document& in(Format format) const;

private:
    struct Other {
        std::once_flag once;
        Document document;
    };
    Standings standings_;
    bool draining_;
    mutable std::array<Other, format_count> others_;
};

struct OwnPage {
    OwnPage(std::string called, Standings standings, bool draining)
        : name{std::move(called)}, page{std::move(standings), draining} {}
    std::string name;
    Page page;
};

// All pages, ready to send.
struct Pages {
    Page health;    // everything
    Page live;      // is this process stuck? 200 while draining
    Page ready;     // checks of group ready
    Page startup;   // ok once every required check was up once, and from then on; 200 while draining
    std::deque<OwnPage> own;
    Standings checks;   // in the order of add()

    // A page of Group::own, or nullptr.
    [[nodiscard]] const Page* find(std::string_view name) const noexcept;
};

// A check's standing changed. Views hold until the check's next report.
struct CheckChanged {
    std::string_view check;
    Status from = Status::unchecked;
    Status to = Status::unchecked;
    std::string_view message;   // of the outcome that made it; may be empty
    bool optional = false;
};

// A worker fell silent, or beats again.
struct WorkerChanged {
    std::string_view worker;
    bool stuck = false;
    Duration silence = {};   // how long it was silent when that was noticed
};

// A CheckChanged that is kept.
struct Transition {
    WallTime at = {};
    std::string check = {};
    Status from = Status::unchecked;
    Status to = Status::unchecked;
    std::string message = {};
};
inline constexpr std::size_t transitions_max = 100;   // the oldest go first

struct CheckHandle {
    std::size_t index = 0;
};

// How a result came about.
struct Run {
    WallTime at = {};
    std::optional<Duration> took = {};
    bool at_once = false;   // without damping
};

// What is known about this process's health, as documents that cost a probe nothing to answer. It runs no
// checks itself: whoever runs them reports here. All functions belong to one owner thread, except pages(),
// which any thread may call at any time. No hidden threads.
class Board {
public:
    explicit Board(BoardSettings settings = {});

    // A new check; until its first report it is down, "not checked yet". Throws std::invalid_argument for an
    // empty key or one that is taken, for damping settings of zero, and for a page that cannot be: a name that is
    // missing or taken by one of ours. Add the checks before the pages are served: without one, ready and startup are ok.
    CheckHandle add(std::string key, CheckSettings settings = {});
    // A check that somebody else will add(): until then it is down, "expected, but not added yet".
    void expect(std::string key, CheckSettings settings = {});

    // A result. The pages are up to date on return.
    std::optional<CheckChanged> report(CheckHandle check, Outcome outcome, const Run& run = {});

    // A worker whose silence fails liveness. The heartbeat lives as long as the board. Throws
    // std::invalid_argument for an empty or taken name.
    [[nodiscard]] Heartbeat& watch(std::string worker, Instant now);

    // Looks at the heartbeats; call it about once a second.
    [[nodiscard]] std::vector<WorkerChanged> look(Instant now);

    // From now on ready and health say `shutting_down`. False if they already did.
    bool begin_drain();
    [[nodiscard]] bool draining() const noexcept { return draining_; }

    // The last changes, oldest first.
    [[nodiscard]] const std::deque<Transition>& transitions() const noexcept { return transitions_; }

    // Any thread, lock-free. The pages stay whole however long they are kept.
    [[nodiscard]] std::shared_ptr<const Pages> pages() const noexcept { return published_->read(); }
    // Where they are published: for who may outlive the board, and then reads what it said last.
    [[nodiscard]] std::shared_ptr<const Published<Pages>> published() const noexcept { return published_; }

private:
    struct Watched {
        Watched(std::string called, Instant now) : name{std::move(called)}, heartbeat{now} {}
        std::string name;
        Heartbeat heartbeat;
        std::shared_ptr<const Standing> standing;   // while stuck
    };
    struct Registered {
        std::string key;
        CheckSettings settings;
        Check check;
        bool expected = false;   // nobody has added it yet
        std::shared_ptr<const Standing> standing;
    };

    [[nodiscard]] bool taken(std::string_view name) const noexcept;
    [[nodiscard]] Registered* find(std::string_view key) noexcept;
    void refuse_bad(std::string_view key, const CheckSettings& settings) const;
    Registered& put(std::string key, CheckSettings settings);
    void stand(Registered& check, std::optional<Duration> took);
    [[nodiscard]] std::shared_ptr<const Pages> render() const;
    template <class Selects>
    [[nodiscard]] Standings selected(Selects selects) const;
    [[nodiscard]] Standings startup_checks() const;
    [[nodiscard]] Standings stuck_workers() const;
    [[nodiscard]] std::deque<OwnPage> own_pages() const;

    BoardSettings settings_;
    std::deque<Registered> checks_;   // deques: keys and heartbeats keep their addresses
    std::deque<Watched> workers_;
    std::deque<Transition> transitions_;
    bool draining_ = false;
    const std::shared_ptr<Published<Pages>> published_;
};

}   // namespace outrigger::health
