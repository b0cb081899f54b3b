// SPDX-License-Identifier: Apache-2.0
// Preloaded, it makes the disk below a directory fail, or kills the process at a moment that matters.
//
//   FAULTY_DISK       the directory; other files are left alone
//   FAULTY_DISK_NOW   a file that says what happens there: ENOSPC or EIO, at every write, growth, truncation and sync;
//                     read each time, so that it can be switched. Empty or missing: nothing
//   FAULTY_DISK_KILL  "wal N": kill -9 in the middle of the N-th write to a write-ahead log there, so inside a commit;
//                     "send N": right after the N-th send() to a socket, so before its acknowledgement
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace {

std::string_view setting(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value ? value : "";
}

// The path of a descriptor of ours below the directory; empty: it is elsewhere.
std::string_view place_of(int fd, std::array<char, 512>& buffer) noexcept {
    static const std::string_view directory = setting("FAULTY_DISK");
    std::array<char, 32> link{"/proc/self/fd/"};
    *std::to_chars(link.data() + 14, link.data() + link.size() - 1, fd).ptr = '\0';
    const auto size = ::syscall(SYS_readlinkat, AT_FDCWD, link.data(), buffer.data(), buffer.size());
    const std::string_view path{buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    return !directory.empty() && path.starts_with(directory) ? path : std::string_view{};
}

// 0, or the errno that is to happen now.
int fault() noexcept {
    static const char* const file = std::getenv("FAULTY_DISK_NOW");
    if (!file) return 0;
    const long fd = ::syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    std::array<char, 16> word;
    const auto size = ::syscall(SYS_read, fd, word.data(), word.size());
    ::syscall(SYS_close, fd);
    const std::string_view said{word.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    return said.starts_with("ENOSPC") ? ENOSPC : said.starts_with("EIO") ? EIO : 0;
}

bool fails(int fd) noexcept {
    std::array<char, 512> buffer;
    if (place_of(fd, buffer).empty()) return false;
    const int error = fault();
    if (error != 0) errno = error;
    return error != 0;
}

// Whether this is the moment: the N-th of its kind.
bool is_the_one(std::string_view kind) noexcept {
    static const std::string_view when = setting("FAULTY_DISK_KILL");
    static std::atomic<int> seen{0};
    if (!when.starts_with(kind)) return false;
    int wanted = 0;
    std::from_chars(when.data() + kind.size() + 1, when.data() + when.size(), wanted);
    return ++seen == wanted;
}

void die() noexcept { ::syscall(SYS_kill, ::getpid(), SIGKILL); }

ssize_t write_at(int fd, const void* from, std::size_t size, off_t at) noexcept {
    std::array<char, 512> buffer;
    if (place_of(fd, buffer).ends_with("-wal") && is_the_one("wal")) {
        ::syscall(SYS_pwrite64, fd, from, size / 2, at);
        die();
    }
    return fails(fd) ? -1 : ::syscall(SYS_pwrite64, fd, from, size, at);
}

}   // namespace

extern "C" {

ssize_t write(int fd, const void* from, std::size_t size) { return fails(fd) ? -1 : ::syscall(SYS_write, fd, from, size); }
ssize_t pwrite(int fd, const void* from, std::size_t size, off_t at) { return write_at(fd, from, size, at); }
ssize_t pwrite64(int fd, const void* from, std::size_t size, off64_t at) { return write_at(fd, from, size, at); }
int fsync(int fd) { return fails(fd) ? -1 : static_cast<int>(::syscall(SYS_fsync, fd)); }
int fdatasync(int fd) { return fails(fd) ? -1 : static_cast<int>(::syscall(SYS_fdatasync, fd)); }
int ftruncate(int fd, off_t size) noexcept { return fails(fd) ? -1 : static_cast<int>(::syscall(SYS_ftruncate, fd, size)); }
int ftruncate64(int fd, off64_t size) noexcept { return ftruncate(fd, size); }
int posix_fallocate(int fd, off_t at, off_t size) {
    if (fails(fd)) return errno;
    return ::syscall(SYS_fallocate, fd, 0, at, size) == 0 ? 0 : errno;
}
int posix_fallocate64(int fd, off64_t at, off64_t size) { return posix_fallocate(fd, at, size); }

ssize_t send(int fd, const void* from, std::size_t size, int flags) {
    const auto sent = ::syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
    if (sent > 0 && is_the_one("send")) die();
    return sent;
}
ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
    const auto sent = ::syscall(SYS_sendmsg, fd, message, flags);
    if (sent > 0 && is_the_one("send")) die();
    return sent;
}
}
