// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/writer.hpp>
#include "quiet_thread.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <pthread.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace outrigger::logging {
namespace {

// memchr is vectorised in every C library; most lines are one, so that it runs once.
std::uint64_t count_lines(std::string_view text) noexcept {
    std::uint64_t lines = 0;
    while (!text.empty()) {
        const auto* end = static_cast<const char*>(std::memchr(text.data(), '\n', text.size()));
        if (end == nullptr) break;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
        ++lines;
    }
    return lines;
}

WriterSettings checked(WriterSettings settings) {
    if (settings.capacity < settings.flush_at || settings.flush_at == Bytes{0})
        throw std::invalid_argument(
            "a log writer's capacity must be at least flush_at, and flush_at at least 1 byte");
    return settings;
}

int new_eventfd() {
    const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) throw std::system_error{errno, std::generic_category(), "cannot make an eventfd"};
    return fd;
}

// Milliseconds for poll(), rounded up so that it never wakes just before the moment.
int poll_timeout(Duration length) noexcept {
    constexpr auto most = std::chrono::milliseconds{std::chrono::hours{1}};
    return static_cast<int>(std::min(std::chrono::ceil<std::chrono::milliseconds>(length), most).count());
}

}  // namespace

Writer::Writer(int fd, WriterSettings settings)
    : settings_{checked(settings)}, output_{fd}, wake_{new_eventfd()} {
    filling_.bytes = std::make_unique_for_overwrite<char[]>(settings_.capacity.count());
    writing_.bytes = std::make_unique_for_overwrite<char[]>(settings_.capacity.count());
}

Writer::~Writer() {
    {
        const std::scoped_lock lock{mutex_};
        ending_ = true;
        last_moment_ = after(clock_.now(), settings_.last_words);
    }
    work_.notify_one();
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from full.
    [[maybe_unused]] const auto woken = ::write(wake_, &one, sizeof one);
    if (thread_.joinable()) thread_.join();
    ::close(wake_);
}

void Writer::start() {
    if (thread_.joinable()) return;
    thread_ = quiet_thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "outrigger-log");
}

bool Writer::append(std::string_view lines) noexcept {
    const bool whole = !lines.empty() && lines.back() == '\n';
    return keep(lines, whole ? count_lines(lines) : 0);
}

bool Writer::take(std::string_view record, Level) noexcept { return append_line(record); }

bool Writer::has_room(std::size_t bytes, Level) const noexcept {
    const std::scoped_lock lock{mutex_};
    return bytes <= settings_.capacity.count() - filling_.size;
}

// No lines are refused.
bool Writer::keep(std::string_view lines, std::uint64_t count) noexcept {
    bool wake = false;
    {
        const std::scoped_lock lock{mutex_};
        const std::size_t before = filling_.size;
        if (count == 0 || lines.size() > settings_.capacity.count() - before) {
            ++stats_.dropped;
            return false;
        }
        std::memcpy(filling_.bytes.get() + before, lines.data(), lines.size());
        filling_.size = before + lines.size();
        stats_.accepted += count;
        const std::size_t flush_at = settings_.flush_at.count();
        wake = idle_ || (before < flush_at && filling_.size >= flush_at);
        idle_ = false;  // woken once is enough
    }
    if (wake) work_.notify_one();
    return true;
}

bool Writer::flush(Duration at_most) noexcept {
    std::unique_lock lock{mutex_};
    const std::uint64_t target = stats_.accepted;
    const auto done = [this, target] { return stats_.written + stats_.lost >= target; };
    if (done() || !thread_.joinable()) return done();
    hurry_ = true;
    work_.notify_one();
    return settled_.wait_for(lock, at_most, done);
}

WriterStats Writer::stats() const noexcept {
    const std::scoped_lock lock{mutex_};
    WriterStats stats = stats_;
    stats.in_hand = stats.accepted - stats.written - stats.lost;
    return stats;
}

void Writer::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        wait_for_work(lock);
        if (filling_.size == 0) return;  // only at the end
        std::swap(filling_, writing_);
        const std::uint64_t lines = stats_.accepted - stats_.written - stats_.lost;
        hurry_ = false;
        lock.unlock();
        write_out(writing_.text(), lines);
        writing_.size = 0;
        lock.lock();
    }
}

// A writer that has just written expects more, and looks again after flush_every without being told of the first line:
// under load that is one wake-up per flush.
void Writer::wait_for_work(std::unique_lock<std::mutex>& lock) {
    const auto full = [this] { return filling_.size >= settings_.flush_at.count() || hurry_ || ending_; };
    work_.wait_for(lock, settings_.flush_every, full);
    if (filling_.size > 0 || ending_) return;
    idle_ = true;
    work_.wait(lock, [this] { return filling_.size > 0 || ending_; });
    idle_ = false;
    work_.wait_for(lock, settings_.flush_every, full);
}

// Every accepted line is settled exactly once: as written when its '\n' was taken, else as lost.
void Writer::write_out(std::string_view lines, std::uint64_t count) {
    Output::Progress step{0, end_torn_line()};
    while (step.error == 0 && !lines.empty()) {
        step = output_.write(lines);
        if (step.taken > 0) torn_ = lines[step.taken - 1] != '\n';
        const std::uint64_t left = step.taken == lines.size() ? 0 : count_lines(lines.substr(step.taken));
        settle({.written = count - left, .bytes = step.taken, .last_error = 0});
        lines.remove_prefix(step.taken);
        count = left;
        if (step.error == EAGAIN && wait_for_room()) step.error = 0;
    }
    if (!lines.empty()) settle({.lost = count, .last_error = step.error});
}

// A line that an error cut must not run into the next one. Returns an errno, or 0.
int Writer::end_torn_line() {
    while (torn_) {
        const int error = output_.write("\n").error;
        if (error == 0) torn_ = false;
        if (error != 0 && (error != EAGAIN || !wait_for_room())) return error;
    }
    return 0;
}

// False: the writer is ending and the last moment has come.
bool Writer::wait_for_room() {
    for (;;) {
        const Instant last = last_moment();
        const Duration left = last - clock_.now();
        if (left <= Duration::zero()) return false;
        const bool ending = last != never;  // the wake-up has been noticed: wait for the reader alone
        pollfd entries[] = {{output_.wait_fd(), POLLOUT, 0}, {wake_, POLLIN, 0}};
        ::poll(entries, ending ? 1 : 2, ending ? poll_timeout(left) : -1);
        if (entries[0].revents != 0) return true;  // room, or an error that the next write will tell
    }
}

Instant Writer::last_moment() const noexcept {
    const std::scoped_lock lock{mutex_};
    return last_moment_;
}

void Writer::settle(const WriterStats& step) noexcept {
    {
        const std::scoped_lock lock{mutex_};
        stats_.written += step.written;
        stats_.lost += step.lost;
        stats_.bytes += step.bytes;
        if (step.last_error != 0) stats_.last_error = step.last_error;
    }
    settled_.notify_all();
}

}  // namespace outrigger::logging
