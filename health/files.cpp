// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <outrigger/health/indicators.hpp>

#include "wall_seconds.hpp"

// Checks of what lies on a disk, and of what is heard.
namespace outrigger::health {
namespace {

// As Node prints it: ENOENT: no such file or directory, statfs '/x'
Outcome not_there(const char* call, const std::string& path) {
    const int error = errno;
    const char* name = ::strerrorname_np(error);
    std::string reason = std::strerror(error);
    reason.front() = static_cast<char>(reason.front() | 0x20);
    return down(std::string{name ? name : "error"} + ": " + reason + ", " + call + " '" + path + "'");
}

double share(double part, double whole) noexcept { return whole > 0 ? part / whole : 0; }

Outcome check_disk(const std::string& path, const DiskSettings& settings) {
    struct statvfs found {};
    if (::statvfs(path.c_str(), &found) != 0) return not_there("statfs", path);
    const double block = static_cast<double>(found.f_frsize);
    const double size = block * static_cast<double>(found.f_blocks);
    const double free = block * static_cast<double>(found.f_bavail);
    const bool too_full = !(size > 0) || (settings.free && share(free, size) < settings.free->fraction()) ||
                          (settings.free_bytes && free < static_cast<double>(settings.free_bytes->count()));
    if (too_full) return down("Used disk storage exceeded the set threshold");
    // Some file systems make inodes as they need them and tell 0.
    const double inodes = share(static_cast<double>(found.f_favail), static_cast<double>(found.f_files));
    if (settings.free_inodes && found.f_files > 0 && inodes < settings.free_inodes->fraction())
        return down("Used inodes exceeded the set threshold");
    return up();
}

std::string seconds(Duration duration) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(duration).count()) + " s";
}

void refuse_ratio(const std::optional<Ratio>& ratio) {
    if (ratio && !(ratio->fraction() > 0.0 && ratio->fraction() < 1.0))
        throw std::invalid_argument("a disk check needs more than 0% and less than 100% free");
}

}   // namespace

Indicator disk(std::string path, DiskSettings settings) {
    if (path.empty()) throw std::invalid_argument("a disk check needs a path");
    if (!settings.free && !settings.free_bytes && !settings.free_inodes)
        throw std::invalid_argument("a disk check needs to know how much must be free");
    refuse_ratio(settings.free);
    refuse_ratio(settings.free_inodes);
    return {[path = std::move(path), settings](const Probe&) { return check_disk(path, settings); }};
}

Indicator file_age(std::string path, Duration most) {
    if (path.empty() || most <= Duration::zero())
        throw std::invalid_argument("a file check needs a path and an age");
    return {[path = std::move(path), most](const Probe& probe) {
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0) return not_there("stat", path);
        const WallTime modified = wall_seconds(found.st_mtim.tv_sec) + std::chrono::nanoseconds{found.st_mtim.tv_nsec};
        const Duration age = probe.clock().wall() - modified;
        if (age <= most) return up();
        return down("modified " + seconds(age) + " ago, at most " + seconds(most) + " are allowed");
    }};
}

Indicator heartbeat(std::shared_ptr<const Heartbeat> beats, Duration every) {
    if (!beats || every <= Duration::zero())
        throw std::invalid_argument("a heartbeat check needs a heartbeat and an interval");
    return {[beats = std::move(beats), every](const Probe& probe) {
        const Duration silence = beats->silence(probe.clock().now());
        if (silence <= every) return up();
        return down("no heartbeat for " + seconds(silence) + ", expected every " + seconds(every));
    }};
}

}   // namespace outrigger::health
