// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace outrigger::logging {

// A file descriptor that takes whole lines and does not wait.
//
// A pipe or terminal is opened a second time (through /proc/self/fd), so that O_NONBLOCK is ours alone: the
// flag belongs to the open file description, which the shell and child processes share. Into a pipe goes at
// most PIPE_BUF at once, cut at line ends: POSIX makes such writes all or nothing, so that neither a full
// pipe nor another writer ever tears a line (one longer than PIPE_BUF excepted). Sockets are written with
// MSG_DONTWAIT. Files and other devices are written as they are, O_APPEND and the shared offset respected:
// they do not make a writer wait for a reader. Not thread-safe.
class Output {
public:
    // Owns a duplicate; the caller's descriptor stays the caller's. Throws std::system_error if `fd` is not
    // open.
    explicit Output(int fd);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    struct Progress {
        std::size_t taken = 0;  // bytes, from the front
        int error = 0;          // errno; 0: all was taken. EAGAIN: full, see wait_fd()
    };
    // Never raises SIGPIPE as long as the calling thread blocks that signal.
    [[nodiscard]] Progress write(std::string_view lines) noexcept;

    // Goes on with the file behind `fd`, which stays the caller's; returns an errno, or 0. For files alone: pipes,
    // terminals and sockets are told apart when the output is made. May be called while another thread writes.
    [[nodiscard]] int replace(int fd) noexcept;

    // To poll for POLLOUT when full.
    [[nodiscard]] int wait_fd() const noexcept { return fd_; }

    // False: a pipe or terminal that could not be opened again (another user made it). A write to it then
    // waits for the reader if another process fills the last free place between poll and write.
    [[nodiscard]] bool never_waits() const noexcept { return never_waits_; }

private:
    enum class Kind : unsigned char { pipe, socket, terminal, other };

    [[nodiscard]] long write_some(std::string_view chunk) noexcept;

    int fd_ = -1;
    Kind kind_ = Kind::other;
    bool never_waits_ = true;
};

}  // namespace outrigger::logging
