// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/lines.hpp"

#include <algorithm>

namespace outrigger::intake {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t senders_max = 1000;
constexpr Duration pause_when_exhausted = 100ms;   // of descriptors, or of room for senders
constexpr Duration pause_when_full = 100ms;
constexpr Duration silence_max = 60s;   // then a sender is asked whether it is still there: places are few
constexpr std::size_t rest_kept = 16 * 1024;

// Most senders have short lines: after a long one its memory goes back.
void forget(std::string& rest) {
    rest.clear();
    if (rest.capacity() > rest_kept) rest.shrink_to_fit();
}

// What it accepts inherits this.
net::Fd asking(net::Fd listening) {
    net::probe_silent_peers(listening.number(), silence_max);
    return listening;
}

}   // namespace

Lines::Lines(net::Loop& loop, net::Worker& worker, net::Fd listening, const IntakeSettings& settings)
    : worker_{worker},
      settings_{settings},
      reader_{settings.service, settings.redaction},
      acceptor_{std::make_unique<net::Acceptor>(loop, asking(std::move(listening)))} {}

void Lines::stop() { stop_.cancel(Fault{Reason::draining, "the intake closes"}); }

void Lines::cut(const Fault& why) {
    stop_.cancel(why);
    cut_.cancel(why);
}

Task<void> Lines::accept_senders() {
    const Wait wait{.cancel = &stop_};
    for (Result<void> ready = co_await acceptor_->acceptable().wait(wait); ready;
         ready = co_await acceptor_->acceptable().wait(wait)) {
        auto accepted = senders_.size() < senders_max ? acceptor_->try_accept() : Fault{Reason::overloaded};
        if (!accepted) {
            (void)co_await Pause{worker_.scheduler, pause_when_exhausted, wait};
        } else if (*accepted) {
            const auto sender = senders_.emplace(senders_.end());
            sender->stream = std::move((*accepted)->stream);
            tasks_.spawn(serve(sender));
        }
    }
    acceptor_.reset();
}

Task<void> Lines::serve(std::list<Sender>::iterator sender) {
    co_await take_from(*sender);
    senders_.erase(sender);
}

Task<void> Lines::take_from(Sender& sender) {
    bool stopping = false;   // no more waiting, but what has come is read
    for (bool more = true; more;) {
        logging::Submission submission;
        const net::Transfer got = sender.stream->try_read(worker_.scratch.read);
        using Kind = net::Transfer::Kind;
        if (got.kind == Kind::again && !stopping) {
            Result<void> ready = co_await sender.stream->readable().wait(Wait{.cancel = &stop_});
            stopping = !ready;
            continue;
        }
        more = got.kind == Kind::bytes;
        if (more)
            split(sender, {worker_.scratch.read.data(), got.count}, submission);
        else
            take_line(sender.rest, submission);   // the last one needs no end
        if (submission.parts.empty())
            co_await Yield{worker_.scheduler};
        else
            more = co_await keep(std::move(submission)) && more;
    }
}

// Tries until there is room: who sends meanwhile waits. False: cut.
Task<bool> Lines::keep(logging::Submission submission) {
    const std::uint64_t records = records_of(submission);
    const Wait wait{.cancel = &cut_};
    for (;;) {
        Receipt receipt{worker_.scheduler};
        if (receipt.ask(settings_.submit, submission)) {   // a copy: it may be refused
            Result<void> answered = co_await receipt.answered().wait(wait);
            if (!answered) co_return false;
            if (receipt.result()) break;
        }
        Result<void> paused = co_await Pause{worker_.scheduler, pause_when_full, wait};
        if (!paused) co_return false;
    }
    settings_.counts.accepted.fetch_add(records, std::memory_order_relaxed);
    co_return true;
}

void Lines::split(Sender& sender, std::string_view bytes, logging::Submission& into) {
    while (!bytes.empty()) {
        const std::size_t end = std::min(bytes.find('\n'), bytes.size());
        const bool whole = end < bytes.size();
        const std::string_view part = bytes.substr(0, end);
        bytes.remove_prefix(whole ? end + 1 : end);
        if (sender.skipping) {
            sender.skipping = !whole;
        } else if (sender.rest.size() + part.size() > record_max) {
            sender.rest += part.substr(0, record_max - sender.rest.size());
            take_line(sender.rest, into);
            forget(sender.rest);
            sender.skipping = !whole;
        } else if (whole && sender.rest.empty()) {
            take_line(part, into);
        } else {
            sender.rest += part;
            if (!whole) continue;
            take_line(sender.rest, into);
            forget(sender.rest);
        }
    }
}

void Lines::take_line(std::string_view line, logging::Submission& into) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    if (!reader_.read_line(line, worker_.wall(), into))
        settings_.counts.malformed.fetch_add(1, std::memory_order_relaxed);
}

}   // namespace outrigger::intake
