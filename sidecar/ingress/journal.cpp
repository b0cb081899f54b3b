// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ingress/journal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <outrigger/core/units_text.hpp>

namespace outrigger::ingress {
namespace {

using proxy::AttemptStory;

// In milliseconds: finer is noise in a sentence.
std::string rounded(Duration duration) {
    const auto whole = std::chrono::round<std::chrono::milliseconds>(duration);
    return whole.count() == 0 ? "less than 1ms" : to_string(Duration{whole});
}

// "0.7 s", "12 ms"
std::string spoken(Duration duration) {
    const auto milliseconds = std::chrono::round<std::chrono::milliseconds>(duration).count();
    if (milliseconds < 1000) return std::to_string(milliseconds) + " ms";
    const auto tenths = std::chrono::round<std::chrono::duration<std::int64_t, std::deci>>(duration).count();
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

std::string in_words(const Fault& fault) {
    std::string text{fault.detail.empty() ? facts(fault.reason).word : fault.detail};
    if (fault.os_error == 0) return text;
    std::array<char, 128> buffer;
    return text + ": " + ::strerror_r(fault.os_error, buffer.data(), buffer.size());
}

// What it did, as a sentence whose subject is the endpoint.
std::string what_of(const AttemptStory& attempt) {
    if (attempt.stale) return "was closing the connection that was used before";
    if (attempt.status != 0) return "answered " + std::to_string(attempt.status);
    const Fault& fault = attempt.fault;
    if (fault.reason == Reason::attempt_timeout || fault.reason == Reason::timeout)
        return "timed out (" + rounded(attempt.took) + ')';
    if (fault.reason == Reason::connect_failed && fault.os_error == ECONNREFUSED) return "refused the connection";
    if (fault.reason == Reason::caller_left) return "had not answered when the caller left";
    if (fault.reason == Reason::request_timeout) return "had not got the whole request from the caller";
    return "failed: " + in_words(fault);
}

JournalAttempt attempt_of(const AttemptStory& story, Instant arrived) {
    return {.number = story.number,
            .endpoint = std::string{story.endpoint},
            .choice = story.choice,
            .began = story.began - arrived,
            .connecting = story.connecting,
            .took = story.took,
            .reused = story.reused,
            .stale = story.stale,
            .status = story.status,
            .reason = story.status == 0 && !story.stale ? std::optional{story.fault.reason} : std::nullopt,
            .what = what_of(story),
            .verdict = resilience::to_string(story.verdict),
            .pause = story.pause};
}

std::string first_words(const JournalEntry& entry) {
    if (entry.reason == Reason::caller_left) return "The caller left";
    std::string text = "Answered " + std::to_string(entry.status);
    if (entry.reason) text += " (" + std::string{to_string(*entry.reason)} + ')';
    return text;
}

std::string number_of_attempts(const JournalEntry& entry, std::uint32_t allowed) {
    if (entry.attempts.empty()) return {};
    const std::uint32_t made = entry.attempts.back().number;
    std::string text = " after " + std::to_string(made);
    if (allowed > 1) text += " of " + std::to_string(allowed);
    return text + (made == 1 && allowed <= 1 ? " attempt" : " attempts");
}

}  // namespace

std::string sentence_of(const JournalEntry& entry, std::string_view detail, std::uint32_t attempts_allowed) {
    std::string text = first_words(entry) + number_of_attempts(entry, attempts_allowed) + " in " + spoken(entry.took);
    std::string_view joint = ": ";
    for (const JournalAttempt& attempt : entry.attempts) {
        const std::string_view who = attempt.endpoint.empty() ? std::string_view{"the endpoint"} : attempt.endpoint;
        text.append(std::exchange(joint, ", ")).append(who).append(" ").append(attempt.what);
    }
    if (!entry.stopped.empty()) text += "; " + entry.stopped;
    // Where attempts tell less than the answer did, or there was none: a timeout's answer names its setting.
    const bool timed_out = entry.reason == Reason::timeout || entry.reason == Reason::attempt_timeout ||
                           entry.reason == Reason::request_timeout;
    if ((entry.attempts.empty() || entry.stopped.empty() || timed_out) && !detail.empty()) {
        if (detail.ends_with('.')) detail.remove_suffix(1);
        text.append(entry.attempts.empty() ? ": " : "; ").append(detail);
    }
    return text + '.';
}

void Journal::keep(const middleware::ExchangeEnded& event, const proxy::Story& story,
                   const proxy::CallPolicies& policies) noexcept {
    if (settings_.keep == 0) return;
    try {
        auto entry = std::make_shared<JournalEntry>();
        entry->at = event.started;
        entry->took = event.duration;
        entry->request_id = event.request_id;
        entry->trace_id = event.trace_id;
        entry->method = event.method;
        entry->path = event.path.substr(0, event.path.find('?'));
        entry->upstream = event.upstream;
        entry->route = event.route.template_;
        entry->endpoint = event.endpoint;
        entry->status = event.status;
        entry->reason = event.reason;
        entry->queued = story.queued;
        entry->slow = is_slow(event);
        for (std::size_t i = 0; i < story.size(); ++i) entry->attempts.push_back(attempt_of(story[i], story.arrived));
        if (story.stop && policies.retrying) entry->stopped = policies.retrying->explain(*story.stop);
        const std::uint32_t allowed = policies.retrying ? policies.retrying->settings().attempts : 0;
        entry->sentence = sentence_of(*entry, event.detail, allowed);

        const std::scoped_lock lock{mutex_};
        entries_.push_back(std::move(entry));
        if (entries_.size() > settings_.keep) entries_.pop_front();
    } catch (const std::bad_alloc&) {   // the log has its line all the same
    }
}

Journal::Entries Journal::last(std::size_t at_most) const {
    const std::scoped_lock lock{mutex_};
    const auto count = static_cast<std::ptrdiff_t>(std::min(at_most, entries_.size()));
    return {entries_.rbegin(), entries_.rbegin() + count};
}

Journal::Entries Journal::of(std::string_view request_id) const {
    const std::scoped_lock lock{mutex_};
    Entries found;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
        if ((*entry)->request_id == request_id) found.push_back(*entry);
    return found;
}

}  // namespace outrigger::ingress
