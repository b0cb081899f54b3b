// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace outrigger::logging {

// A descriptor that is closed at the end.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) noexcept : fd_{fd} {}
    Descriptor(Descriptor&& from) noexcept : fd_{std::exchange(from.fd_, -1)} {}
    Descriptor& operator=(Descriptor&& from) noexcept {
        std::swap(fd_, from.fd_);
        return *this;
    }
    ~Descriptor() { close(); }
    void close() noexcept {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    [[nodiscard]] int fd() const noexcept { return fd_; }

    // What can be read until there is nothing for now, or the end.
    [[nodiscard]] std::string drained() const {
        std::string all;
        std::array<char, 4096> part;
        for (;;) {
            pollfd entry{fd_, POLLIN, 0};
            if (::poll(&entry, 1, 0) <= 0) return all;
            const auto count = ::read(fd_, part.data(), part.size());
            if (count <= 0) return all;
            all.append(part.data(), static_cast<std::size_t>(count));
        }
    }

private:
    int fd_;
};

// Both ends of a pipe, each closed at the end.
struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
        read = Descriptor{ends[0]};
        write = Descriptor{ends[1]};
    }
    Descriptor read;
    Descriptor write;
};

// A file in memory.
inline Descriptor temporary_file(int extra_flags = 0) {
    return Descriptor{::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC | extra_flags, 0600)};
}

inline std::string contents(const Descriptor& file) {
    ::lseek(file.fd(), 0, SEEK_SET);
    return file.drained();
}

}  // namespace outrigger::logging
