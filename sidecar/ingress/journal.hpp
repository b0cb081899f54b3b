// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/middleware/exchange_telemetry.hpp>

#include "sidecar/proxy/policies.hpp"
#include "sidecar/proxy/story.hpp"

namespace outrigger::ingress {

// An attempt, as the journal keeps it.
struct JournalAttempt {
    std::uint32_t number = 1;
    std::string endpoint;      // empty: none was picked
    upstream::Choice choice{}; // why that one
    Duration began{};          // after the exchange did
    Duration connecting{};
    Duration took{};
    bool reused = false;
    bool stale = false;
    int status = 0;            // 0: no reply
    std::optional<Reason> reason;
    std::string what;          // "answered 503", "timed out (600ms)"
    std::string_view verdict;  // success, failure, neutral
    Duration pause{};          // after it
};

// A failed, slow or retried exchange, or a call that was answered 429.
struct JournalEntry {
    WallTime at{};
    Duration took{};
    std::string request_id;
    std::string trace_id;
    std::string method;
    std::string path;        // without its query, in which secrets may stand
    std::string upstream;    // empty: a call to the app
    std::string route;
    std::string endpoint;
    int status = 0;          // 499: the caller had left
    std::optional<Reason> reason;
    Duration queued{};       // waiting for a slot
    bool slow = false;
    std::vector<JournalAttempt> attempts;
    std::string stopped;     // why no further attempt followed, in words; empty: nothing to say
    std::string sentence;    // all of it
};

// What happened of late, for those who ask why. Keeps the last so many exchanges that failed, were slow or needed more
// than one attempt, and calls that were answered 429. Thread-safe; bounded; without memory an entry is left out.
class Journal {
public:
    struct Settings {
        Duration slow{};          // an exchange that took at least so long is slow
        std::size_t keep = 1000;  // 0: nothing
    };
    explicit Journal(Settings settings) : settings_{settings} {}

    // Cheap for the many that are not kept.
    void note(const middleware::ExchangeEnded& event, const proxy::Story& story,
              const proxy::CallPolicies& policies) noexcept {
        const bool failed = event.reason || (event.status >= 429 && is_sought(event));
        if (failed || is_slow(event) || story.attempts > 1) keep(event, story, policies);
    }

    using Entries = std::vector<std::shared_ptr<const JournalEntry>>;
    // The last first; at most so many.
    [[nodiscard]] Entries last(std::size_t at_most) const;
    // Those of this request id, the last first: mostly one of the inbound and some of the outbound side.
    [[nodiscard]] Entries of(std::string_view request_id) const;

private:
    [[nodiscard]] bool is_slow(const middleware::ExchangeEnded& event) const noexcept {
        return event.duration >= settings_.slow;
    }
    // An upstream's own refusal is no failure of anybody's, but people look for it.
    [[nodiscard]] static bool is_sought(const middleware::ExchangeEnded& event) noexcept {
        return event.status >= 500 || (event.status == 429 && !event.upstream.empty());
    }
    void keep(const middleware::ExchangeEnded& event, const proxy::Story& story,
              const proxy::CallPolicies& policies) noexcept;

    const Settings settings_;
    mutable std::mutex mutex_;
    std::deque<std::shared_ptr<const JournalEntry>> entries_;   // the last one last
};

// "Answered 502 (connect_failed) after 2 of 3 attempts in 0.7 s: 10.0.0.5:80 timed out (600ms), 10.0.0.6:80 refused the
// connection; the retry budget (20% of calls, at least 1/s) allowed no more."
// `detail`: what our own answer said; `attempts_allowed`: 0 where there are no retries.
[[nodiscard]] std::string sentence_of(const JournalEntry& entry, std::string_view detail, std::uint32_t attempts_allowed);

}  // namespace outrigger::ingress
