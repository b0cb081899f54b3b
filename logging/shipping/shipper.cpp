// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/shipper.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

#include <outrigger/logging/record_queue.hpp>
#include <outrigger/logging/shipping/destination.hpp>
#include <outrigger/logging/shipping/memory_spool.hpp>
#include <outrigger/logging/shipping/sqlite_spool.hpp>

#include "conveyor.hpp"
#include "hosts.hpp"
#include "requests.hpp"
#include "transfers.hpp"

#include "../quiet_thread.hpp"

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

constexpr Duration moment = 1s;   // at the end, for the spool and then for the receiver

Destination destination_of(const Ship& settings) {
    std::string fault;
    auto to = parse_destination(settings.to, fault);
    if (!to) throw std::invalid_argument(fault);
    return *std::move(to);
}

Ship checked(Ship settings) {
    if (settings.queue < 64_KiB) throw std::invalid_argument("the queue of a shipper is at least 64KiB");
    if (settings.batch < 1_KiB || settings.batch > 64_MiB) throw std::invalid_argument("a batch is 1KiB to 64MiB");
    if (settings.timeout <= 0s) throw std::invalid_argument("the timeout of a shipper is above 0s");
    if (!settings.backoff.contradictions().empty())
        throw std::invalid_argument("the backoff of a shipper makes no sense");
    if (settings.spool.max == Bytes{0}) settings.spool.max = settings.spool.dir.empty() ? 64_MiB : 512_MiB;
    // One larger than the spool would find no room, and several are to fit.
    const Bytes fits = std::max(Bytes{settings.spool.max.count() / 16}, Bytes{1_KiB});
    settings.batch = std::min(settings.batch, fits);
    return settings;
}

std::unique_ptr<Spool> spool_of(const SpoolSettings& settings) {
    if (settings.dir.empty()) return std::make_unique<MemorySpool>(settings.max);
    return std::make_unique<SqliteSpool>(settings);
}

Conveyor::Settings conveyor_settings(const Ship& settings, std::string service) {
    return {.batch = settings.batch,
            .much = Bytes{std::min(settings.batch.count(), settings.queue.count() / 8)},
            .service = std::move(service)};
}

// What waits in memory is not evicted, and so a small part of the spool.
Forwarder::Settings forwarder_settings(const Ship& settings) {
    return {.backoff = settings.backoff,
            .waiting_bytes = Bytes{std::min<std::uint64_t>(8 << 20, settings.spool.max.count() / 16)},
            .parcel = settings.batch};
}

}   // namespace

// Members in the order of their dependencies. What has no comment is the shipping thread's once that runs.
class Shipper::Parts {
public:
    Parts(const Ship& given, std::string service)
        : settings_{checked(given)},
          to_{destination_of(settings_)},
          queue_{RecordQueue::Settings{.capacity = settings_.queue}},
          requests_{settings_.queue},
          spool_{spool_of(settings_.spool)},
          forwarder_{forwarder_settings(settings_), hosts_of(to_, settings_, settings_.spool.max, transfers_),
                     Rng::from_system()},
          conveyor_{conveyor_settings(settings_, std::move(service)),
                    queue_,
                    requests_,
                    *spool_,
                    forwarder_,
                    Rng::from_system()} {
        publish();
    }

    ~Parts() {
        if (!thread_.joinable()) return;
        requests_.stop();
        wake();
        thread_.join();
    }

    void start() {
        if (!thread_.joinable()) thread_ = quiet_thread([this] { run(); });
    }

    // ---- Any thread

    [[nodiscard]] bool has_room(std::size_t bytes, Level level) const noexcept {
        return queue_.has_room(bytes, severity_of(level));
    }
    bool take(std::string_view record, Level level) noexcept {
        const auto pushed = queue_.push(record, severity_of(level));
        if (pushed == RecordQueue::Pushed::first || pushed == RecordQueue::Pushed::much) wake();
        return pushed != RecordQueue::Pushed::full;
    }
    bool flush(Duration at_most) {
        const std::uint64_t ticket = requests_.ask_flush();
        wake();
        return requests_.await_flush(ticket, at_most);
    }
    bool submit(Submission submission, Requests::Done done) {
        if (!requests_.submit(std::move(submission), std::move(done))) return false;
        wake();
        return true;
    }
    bool drain(Duration at_most) {
        const std::uint64_t flush = requests_.ask_flush();
        const std::uint64_t ticket = requests_.ask_drain();
        wake();
        return requests_.await_drain(ticket, at_most) && requests_.await_flush(flush, 0s);
    }
    ShipperStats stats() const {
        ShipperStats stats;
        {
            const std::lock_guard lock{mutex_};
            stats = published_;
            // What a commit has in hand is no longer where it came from, and a commit may take long.
            stats.in_hand = std::max(stats.in_hand, conveyor_.being_committed());
        }
        stats.in_hand += queue_.in_hand() + requests_.submitted_records();
        for (std::size_t i = 0; i < severity_count; ++i) stats.refused[i] = queue_.refused(static_cast<Severity>(i));
        return stats;
    }

private:
    // One write for many callers: whoever comes first after the thread has begun a turn. Sequentially consistent, like
    // the reset: either the thread's turn sees what was pushed before, or this sees the reset.
    void wake() noexcept {
        if (!awake_.exchange(true)) transfers_.wake();
    }

    // ---- The shipping thread

    void run() {
        while (!stopping_) turn();
        finish();
        std::vector<Requests::Waiting> unanswered = requests_.close();
        publish();   // first: who is told may look
        for (Requests::Waiting& waiting : unanswered)
            if (waiting.done) waiting.done(Fault{.reason = Reason::draining, .detail = "the shipper ends"});
    }

    void turn() {
        turn_without_wait();
        descriptors_.clear();
        forwarder_.watch(descriptors_);
        const Instant at = conveyor_.wakes_at();
        const Instant now = clock_.now();
        if (!stopping_) transfers_.wait(descriptors_, at <= now ? 0ns : at - now);
    }
    void turn_without_wait() {
        awake_.exchange(false);
        stopping_ = requests_.stopped();
        transfers_.perform();
        conveyor_.turn(clock_.now(), clock_.wall());
        publish();
        conveyor_.answer();
    }

    // Commits what is in hand, and gives the receiver a moment.
    void finish() {
        conveyor_.hurry();
        turns_until(clock_.now() + moment, [&] { return conveyor_.hand_empty(); });
        const Instant end = clock_.now() + moment;
        turns_until(end, [&] { return conveyor_.all_sent(); });
        forwarder_.finish(clock_.now());
        turns_until(end, [&] { return conveyor_.idle(); });
    }
    template <class Condition>
    void turns_until(Instant end, Condition&& condition) {
        for (;;) {
            turn_without_wait();
            const Instant now = clock_.now();
            if (now >= end || condition()) return;
            descriptors_.clear();
            forwarder_.watch(descriptors_);
            transfers_.wait(descriptors_, std::clamp<Duration>(std::min(conveyor_.wakes_at(), end) - now, 0ns, moment));
        }
    }

    void publish() {
        ShipperStats stats{.ledger = spool_->ledger(),
                           .spool = spool_->state(),
                           .in_hand = conveyor_.in_hand(),
                           .attempts = forwarder_.attempts(),
                           .taken_attempts = forwarder_.taken_attempts(),
                           .failed_attempts = forwarder_.failed_attempts(),
                           .destination = forwarder_.host(),
                           .trouble = forwarder_.trouble()};
        const std::lock_guard lock{mutex_};
        std::swap(published_, stats);
        conveyor_.published();
    }

    const Ship settings_;
    const Destination to_;
    const SystemClock clock_;
    RecordQueue queue_;               // any thread pushes
    Requests requests_;               // any thread
    std::atomic<bool> awake_{false};  // any thread
    std::unique_ptr<Spool> spool_;
    Transfers transfers_;             // any thread wakes
    Forwarder forwarder_;
    Conveyor conveyor_;
    std::vector<pollfd> descriptors_;
    bool stopping_ = false;

    mutable std::mutex mutex_;        // any thread; guards what follows, for the time of a copy
    ShipperStats published_;
    std::thread thread_;
};

Shipper::Shipper(const Ship& settings, std::string service)
    : parts_{std::make_unique<Parts>(settings, std::move(service))} {}
Shipper::~Shipper() = default;

void Shipper::start() { parts_->start(); }
bool Shipper::has_room(std::size_t bytes, Level level) const noexcept { return parts_->has_room(bytes, level); }
bool Shipper::take(std::string_view record, Level level) noexcept { return parts_->take(record, level); }
bool Shipper::flush(Duration at_most) noexcept { return parts_->flush(at_most); }
bool Shipper::submit(Submission submission, std::function<void(const Result<void>&)> done) noexcept {
    try {
        return parts_->submit(std::move(submission), std::move(done));
    } catch (const std::bad_alloc&) {
        return false;
    }
}
bool Shipper::drain(Duration at_most) { return parts_->drain(at_most); }
ShipperStats Shipper::stats() const { return parts_->stats(); }

}   // namespace outrigger::logging
