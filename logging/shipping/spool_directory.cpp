// SPDX-License-Identifier: Apache-2.0
#include "spool_directory.hpp"

#include <outrigger/logging/shipping/spool_reader.hpp>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace outrigger::logging {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
    throw std::runtime_error{what + ": " + std::generic_category().message(error)};
}

constexpr Bytes least = 512_KiB;   // of a ballast: removing batches writes a handful of pages

void make_directory(const std::string& dir) {
    if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) fail("the spool's directory " + dir + " cannot be made", errno);
}

// "process 4711 (outrigger)", as the owner of the lock wrote it.
std::string owner_in(int fd) {
    std::array<char, 200> text;
    const auto size = ::pread(fd, text.data(), text.size(), 0);
    std::string_view owner{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    owner = owner.substr(0, owner.find('\n'));
    return owner.empty() ? "another process" : std::string{owner};
}

void write_owner(int fd) noexcept {
    const std::string owner = "process " + std::to_string(::getpid()) + " (" + program_invocation_short_name + ")\n";
    // On a full disk the lock holds all the same, and its owner stays unnamed.
    if (::ftruncate(fd, 0) == 0) static_cast<void>(!::pwrite(fd, owner.data(), owner.size(), 0));
}

std::uint64_t bytes_left(const std::string& dir, std::uint64_t unless_known) noexcept {
    struct statvfs disk = {};
    return ::statvfs(dir.c_str(), &disk) == 0 ? std::uint64_t{disk.f_bavail} * disk.f_frsize : unless_known;
}

constexpr Duration look_every = std::chrono::milliseconds{20};

// 0, or why not.
int lock(int fd, Duration patience) noexcept {
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || patience <= Duration::zero()) return errno;
        ::poll(nullptr, 0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(look_every).count()));
        patience -= look_every;
    }
    return 0;
}

}   // namespace

SpoolLock::SpoolLock(const std::string& dir, Directory directory, Duration patience) {
    if (directory == Directory::make) make_directory(dir);
    struct stat found = {};
    if (::stat(dir.c_str(), &found) != 0) fail("the spool's directory " + dir, errno);
    if (!S_ISDIR(found.st_mode)) throw std::runtime_error{"the spool's directory " + dir + " is not a directory"};
    const int create = directory == Directory::make ? O_CREAT : 0;
    fd_ = ::open((dir + "/lock").c_str(), O_RDWR | create | O_CLOEXEC, 0600);
    if (fd_ < 0 && create == 0 && errno == ENOENT)
        throw std::runtime_error{dir + " is no spool: " + dir + "/lock is missing"};
    if (fd_ < 0) fail("the spool's directory " + dir + " cannot be written to", errno);
    if (const int error = lock(fd_, patience); error != 0) {
        const std::string owner = owner_in(fd_);
        ::close(fd_);
        if (error != EWOULDBLOCK) fail("the spool " + dir + " cannot be locked", error);
        throw SpoolInUse{"the spool " + dir + " is in use by " + owner};
    }
    if (directory == Directory::make) write_owner(fd_);   // who only looks leaves all as it is
}

SpoolLock::~SpoolLock() { ::close(fd_); }

Ballast::Ballast(const std::string& dir, Bytes size) : path_{dir + "/ballast"}, dir_{dir}, size_{size} {
    struct stat found = {};
    there_ = ::stat(path_.c_str(), &found) == 0 && static_cast<std::uint64_t>(found.st_blocks) * 512 >= size_.count();
}

bool Ballast::make() noexcept {
    if (there_) return true;
    const std::uint64_t left = bytes_left(dir_, 0);
    if (!sized_) size_ = std::clamp(Bytes{left / 4}, std::min(least, size_), size_);
    sized_ = true;
    if (left < 2 * size_.count()) return false;
    there_ = allocate();
    if (!there_) ::unlink(path_.c_str());
    return there_;
}

std::uint64_t Ballast::disk_left() const noexcept {
    const std::uint64_t left = bytes_left(dir_, std::numeric_limits<std::uint64_t>::max());   // then the disk will say
    return there_ ? left : left - std::min(left, size_.count());
}

bool Ballast::allocate() const noexcept {
    const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(size_.count()));
    ::close(fd);
    return error == 0;
}

void Ballast::release() noexcept {
    ::unlink(path_.c_str());
    there_ = false;
}

void SpoolPaths::make_private(const std::string& path) const noexcept {
    // Without it SQLite says why there can be none.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
}

void SpoolPaths::remove(const std::string& path) const noexcept {
    ::unlink((path + "-wal").c_str());
    ::unlink(path.c_str());
}

bool SpoolPaths::replace() const noexcept {
    if (::access((successor + "-wal").c_str(), F_OK) == 0) return false;
    remove(corrupt);
    // The log first: the successor must never meet it.
    const bool log_moved = ::rename((database + "-wal").c_str(), (corrupt + "-wal").c_str()) == 0 || errno == ENOENT;
    const bool moved = log_moved && (::rename(database.c_str(), corrupt.c_str()) == 0 || errno == ENOENT);
    return moved && ::rename(successor.c_str(), database.c_str()) == 0;
}

bool SpoolPaths::has_successor() const noexcept { return ::access(successor.c_str(), F_OK) == 0; }
bool SpoolPaths::has_corrupt() const noexcept { return ::access(corrupt.c_str(), F_OK) == 0; }

}   // namespace outrigger::logging
