// SPDX-License-Identifier: Apache-2.0
#include "bench/load/load.hpp"

#include <cstdio>
#include <ctime>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace outrigger::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds silence = 5s;   // longer than any proxy needs for a request, even under valgrind
constexpr Duration backlog_patience = 3s;           // for what was due and found no free connection

bool stdin_ended() {
    pollfd watched{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    char byte = 0;
    return ::poll(&watched, 1, 0) > 0 && ::read(STDIN_FILENO, &byte, 1) <= 0;
}

Duration cpu_used() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

}  // namespace

Load::Load(LoadSettings settings) : settings_{settings}, origin_{settings_.origin, poller_} {}

LoadReport Load::run() {
    const Instant start = clock_.now();
    switch (settings_.mode) {
        case Mode::saturation:
        case Mode::count: run_closed(); break;
        case Mode::rate: run_at_rate(); break;
        case Mode::idle: run_idle(); break;
    }
    report_.origin_requests = origin_.requests();
    report_.wall = clock_.now() - start;
    report_.cpu = cpu_used();
    return report_;
}

void Load::run_closed() {
    for (std::size_t i = 0; i < settings_.connections; ++i) open_caller();
    const Instant start = clock_.now();
    const bool counted = settings_.mode == Mode::count;
    measure_from_ = counted ? start : start + settings_.warm_up;
    if (counted) {
        most_requests_ = settings_.requests;
    } else {
        stop_at_ = measure_from_ + settings_.length;
    }
    for (auto& caller : callers_) {
        if (asked_ < most_requests_) ask(*caller, clock_.now());
    }
    finish_outstanding();
    report_.measured_for = (counted ? clock_.now() : stop_at_) - measure_from_;
}

// Never sleeps: a timer would be late by more than the distance between two requests.
void Load::run_at_rate() {
    for (std::size_t i = 0; i < settings_.connections; ++i) free_.push_back(&open_caller());
    const double distance = 1e9 / settings_.rate.per_second();
    const auto due_at = [&, start = clock_.now()](std::uint64_t number) {
        return start + Duration{static_cast<std::int64_t>(distance * static_cast<double>(number))};
    };
    measure_from_ = due_at(0) + settings_.warm_up;
    stop_at_ = measure_from_ + settings_.length;
    const Instant give_up = stop_at_ + backlog_patience;
    for (Instant now = clock_.now(); due_at(asked_) < stop_at_ && now < give_up; now = clock_.now()) {
        // Late as it may be, only what fell due before the end is sent.
        for (; !free_.empty() && due_at(asked_) <= now && due_at(asked_) < stop_at_; free_.pop_back())
            ask(*free_.back(), due_at(asked_));
        turn(0ms);
    }
    for (std::uint64_t number = asked_; due_at(number) < stop_at_; ++number) ++report_.unsent;
    finish_outstanding();
    report_.measured_for = settings_.length;
}

// One after the other, so that the proxy needs a single connection to the origin.
void Load::run_idle() {
    measure_from_ = clock_.now();
    for (std::size_t i = 0; i < settings_.connections; ++i) {
        ask(open_caller(), clock_.now());
        finish_outstanding();
    }
    report_.measured_for = clock_.now() - measure_from_;
    std::puts(R"({"idle": true})");
    std::fflush(stdout);
    while (!stdin_ended()) turn(50ms);
}

Connection& Load::open_caller() {
    callers_.push_back(std::make_unique<Connection>(Side::caller, connect_to(settings_.target)));
    poller_.watch(callers_.back()->socket, callers_.back().get());
    return *callers_.back();
}

void Load::ask(Connection& caller, Instant due) {
    caller.asked = due;
    caller.number = asked_++ % numbers_end;
    const std::string_view request = request_.with(caller.number);
    if (send_some(caller.socket, request) != request.size()) throw std::runtime_error("the proxy reads no requests");
}

void Load::take_reply(Connection& caller) {
    caller.receive_more();
    if (caller.filled == 0 || !is_whole_reply(caller.received(), caller.number)) return;
    caller.filled = 0;
    ++report_.requests;
    after_reply(caller, clock_.now());
}

void Load::fail_closed(Connection& caller) {
    caller.receive_more();
    static_cast<void>(is_whole_reply(caller.received(), caller.number));   // knows better what was wrong
    throw std::runtime_error("the proxy closed a connection after " + std::to_string(report_.requests) +
                             " replies, having sent: " + std::string{caller.received()});
}

void Load::after_reply(Connection& caller, Instant now) {
    record(caller.asked, now);
    switch (settings_.mode) {
        case Mode::saturation:
        case Mode::count:
            if (now < stop_at_ && asked_ < most_requests_) ask(caller, now);
            break;
        case Mode::rate: free_.push_back(&caller); break;
        case Mode::idle: break;
    }
}

// At a fixed rate the instant at which a request was due decides, so that late ones count too.
void Load::record(Instant asked, Instant replied) {
    const Instant decisive = settings_.mode == Mode::rate ? asked : replied;
    if (decisive >= measure_from_ && decisive < stop_at_) report_.latencies.record(replied - asked);
}

void Load::turn(std::chrono::milliseconds limit) {
    for (const epoll_event& event : poller_.wait(limit)) {
        auto& connection = *static_cast<Connection*>(event.data.ptr);
        const bool closed = peer_closed(event.events);
        switch (connection.side) {
            case Side::caller: closed ? fail_closed(connection) : take_reply(connection); break;
            case Side::origin: closed ? origin_.drop(connection) : origin_.answer(connection); break;
            case Side::listener: origin_.accept_waiting(); break;
        }
    }
}

void Load::finish_outstanding() {
    std::uint64_t before = report_.requests;
    Instant last_reply = clock_.now();
    while (report_.requests < asked_) {
        turn(silence);
        if (report_.requests != before) {
            before = report_.requests;
            last_reply = clock_.now();
        } else if (clock_.now() - last_reply >= silence) {
            throw std::runtime_error("no reply for 5 s; " + std::to_string(asked_ - report_.requests) + " are missing");
        }
    }
}

}  // namespace outrigger::bench
