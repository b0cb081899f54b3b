// SPDX-License-Identifier: Apache-2.0
#include "listener_process.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

namespace outrigger::health {
namespace {

std::vector<std::string> names_in(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open{::opendir(folder.c_str()), ::closedir};
    std::vector<std::string> names;
    while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) names.emplace_back(entry->d_name);
    return names;
}

// "socket:[4711]" of each socket that listens on the port.
std::vector<std::string> sockets_of(std::uint16_t port) {
    std::vector<std::string> sockets;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream lines{table};
        std::string line;
        std::getline(lines, line);   // the heading
        while (std::getline(lines, line)) {
            std::istringstream columns{line};
            std::string number, local, remote, state, skipped, inode;
            columns >> number >> local >> remote >> state;
            for (int i = 0; i < 5; ++i) columns >> skipped;   // queues, timer, retransmits, uid, timeout
            columns >> inode;
            const std::size_t colon = local.find(':');
            unsigned found = 0;
            if (!columns || colon == std::string::npos || state != "0A") continue;   // 0A: LISTEN
            (void)std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
            if (found == port) sockets.push_back("socket:[" + inode + "]");
        }
    }
    return sockets;
}

bool holds_one_of(pid_t pid, const std::vector<std::string>& sockets) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/fd/";
    for (const std::string& name : names_in(folder)) {
        std::array<char, 64> target{};
        const ssize_t size = ::readlink((folder + name).c_str(), target.data(), target.size());
        if (size <= 0) continue;
        const std::string_view text{target.data(), static_cast<std::size_t>(size)};
        if (std::find(sockets.begin(), sockets.end(), text) != sockets.end()) return true;
    }
    return false;
}

}   // namespace

std::optional<std::uint64_t> resident_memory(pid_t pid) {
    std::ifstream statm{"/proc/" + std::to_string(pid) + "/statm"};
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    if (!(statm >> size >> resident)) return std::nullopt;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<pid_t> ListenerProcess::find() {
    const std::scoped_lock lock{mutex_};
    const std::vector<std::string> sockets = sockets_of(port_);
    if (sockets.empty()) return last_ = std::nullopt;
    if (last_ && holds_one_of(*last_, sockets)) return last_;
    last_ = std::nullopt;
    for (const std::string& name : names_in("/proc")) {
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || end != name.data() + name.size() || !holds_one_of(pid, sockets)) continue;
        return last_ = pid;
    }
    return std::nullopt;
}

}   // namespace outrigger::health
