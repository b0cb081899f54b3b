// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "sidecar/net/system_calls.hpp"

namespace outrigger::net {
namespace {

constexpr std::size_t free_watches_max = 1024;   // more are given back to the allocator

Fd checked(int fd, const char* what) {
    if (fd < 0) throw std::system_error{errno, std::generic_category(), what};
    return Fd{fd};
}

}  // namespace

Loop::Loop(const Clock& clock)
    : scheduler_{clock, *this},
      epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")},
      wakeup_{checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")} {
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};   // null marks the wake-up
    if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wakeup_.number(), &event) != 0)
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
}

Loop::~Loop() = default;

void Loop::run() {
    while (!stopped_.load(std::memory_order_acquire)) {
        wait_and_dispatch();
        turn();
    }
    take_posted();
    // What was made ready by the turn that stopped the loop still ends in order.
    while (scheduler_.has_ready()) turn();
}

void Loop::run_leftovers() {
    do {
        take_posted();
        turn();
    } while (scheduler_.has_ready());
}

void Loop::turn() {
    scheduler_.turn();
    sends_.flush();
}

void Loop::stop() noexcept {
    stopped_.store(true, std::memory_order_release);
    wake();
}

void Loop::post(Job& job) noexcept {
    bool was_empty;
    {
        const std::scoped_lock lock{posted_mutex_};
        was_empty = posted_.empty();
        posted_.push(job);
    }
    if (was_empty) wake();
}

void Loop::wake() noexcept {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the loop is awake anyway.
    [[maybe_unused]] const auto written = ::write(wakeup_.number(), &one, sizeof one);
}

Loop::Watch* Loop::watch(int fd, Watcher& watcher) noexcept {
    auto watch = free_watches_.empty() ? std::make_unique<Watch>() : std::move(free_watches_.back());
    if (!free_watches_.empty()) free_watches_.pop_back();
    watch->watcher = &watcher;
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = watch.get()}};
    if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, fd, &event) != 0) return nullptr;
    return watch.release();   // back by unwatch()
}

void Loop::unwatch(Watch* watch, int fd) noexcept {
    watch->watcher = nullptr;
    // Closing would do it, unless another process inherited the descriptor.
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, fd, nullptr);
    retired_watches_.emplace_back(watch);
}

int Loop::wait_milliseconds() const noexcept {
    if (scheduler_.has_ready()) return 0;
    const Instant next = scheduler_.timers().next();
    if (next == never) return -1;
    // The clock has moved on since the turn began: epoll_wait returns a little late, never early.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - scheduler_.now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

void Loop::wait_and_dispatch() {
    std::array<epoll_event, 256> events;   // NOLINT: written by epoll_wait
    const int count = wait_for_events(epoll_.number(), events, wait_milliseconds());
    scheduler_.refresh();
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const auto* watch = static_cast<const Watch*>(event.data.ptr);
        if (watch && watch->watcher) watch->watcher->on_events(event.events);
        if (!watch) {
            std::uint64_t wakeups = 0;
            [[maybe_unused]] const auto got = ::read(wakeup_.number(), &wakeups, sizeof wakeups);
            take_posted();
        }
    }
    for (auto& retired : retired_watches_)
        if (free_watches_.size() < free_watches_max) free_watches_.push_back(std::move(retired));
    retired_watches_.clear();
}

void Loop::take_posted() noexcept {
    JobQueue batch;
    {
        const std::scoped_lock lock{posted_mutex_};
        batch.take(posted_);
    }
    while (Job* job = batch.pop()) scheduler_.ready(*job);
}

}  // namespace outrigger::net
