// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/output.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace outrigger::logging {
namespace {

[[noreturn]] void refuse(int fd, int error) {
    throw std::system_error{error, std::generic_category(),
                            "cannot write to file descriptor " + std::to_string(fd)};
}

int duplicate(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) refuse(fd, errno);
    if ((flags & O_ACCMODE) == O_RDONLY) refuse(fd, EBADF);
    // 3: a standard stream that happens to be closed must not become the log.
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) refuse(fd, errno);
    return copy;
}

// As much of `lines` as may be written at once: all, or up to the last line's end within PIPE_BUF. A line
// longer than that goes in parts, each of them no longer.
std::string_view atomic_part(std::string_view lines) noexcept {
    if (lines.size() <= PIPE_BUF) return lines;
    const auto end = lines.substr(0, PIPE_BUF).rfind('\n');
    return lines.substr(0, end == std::string_view::npos ? PIPE_BUF : end + 1);
}

bool has_room(int fd) noexcept {
    pollfd entry{fd, POLLOUT, 0};
    return ::poll(&entry, 1, 0) > 0;
}

}  // namespace

Output::Output(int fd) : fd_{duplicate(fd)} {
    struct stat facts {};
    if (::fstat(fd_, &facts) != 0) facts.st_mode = 0;
    if (S_ISFIFO(facts.st_mode)) kind_ = Kind::pipe;
    if (S_ISSOCK(facts.st_mode)) kind_ = Kind::socket;
    if (S_ISCHR(facts.st_mode) && ::isatty(fd_) == 1) kind_ = Kind::terminal;
    if (kind_ != Kind::pipe && kind_ != Kind::terminal) return;
    const std::string path = "/proc/self/fd/" + std::to_string(fd_);
    const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    never_waits_ = own >= 0;
    if (!never_waits_) return;
    ::close(fd_);
    fd_ = own;
}

Output::~Output() { ::close(fd_); }

// In the kernel this is one step: a write in progress ends where it began.
int Output::replace(int fd) noexcept {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return errno;
    if (kind_ != Kind::other || !S_ISREG(facts.st_mode)) return EINVAL;
    return ::dup3(fd, fd_, O_CLOEXEC) < 0 ? errno : 0;
}

Output::Progress Output::write(std::string_view lines) noexcept {
    Progress progress;
    while (!lines.empty()) {
        const bool in_parts = kind_ == Kind::pipe || kind_ == Kind::terminal;
        const auto count = write_some(in_parts ? atomic_part(lines) : lines);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            progress.error = errno == EWOULDBLOCK ? EAGAIN : errno;
            return progress;
        }
        lines.remove_prefix(static_cast<std::size_t>(count));
        progress.taken += static_cast<std::size_t>(count);
    }
    return progress;
}

long Output::write_some(std::string_view chunk) noexcept {
    if (!never_waits_ && !has_room(fd_)) {
        errno = EAGAIN;
        return -1;
    }
    if (kind_ == Kind::socket) return ::send(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return ::write(fd_, chunk.data(), chunk.size());
}

}  // namespace outrigger::logging
