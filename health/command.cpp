// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <outrigger/health/indicators.hpp>

extern "C" {
#include <sys/pidfd.h>   // of glibc 2.36: it forgets that it is C
}

extern char** environ;

namespace outrigger::health {
namespace {

constexpr int look_every_ms = 100;   // whether the registry ends, while a killed program does not
constexpr std::size_t message_max = 512;   // of what the program wrote

class Descriptor {
public:
    explicit Descriptor(int fd = -1) noexcept : fd_{fd} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { reset(-1); }
    [[nodiscard]] int number() const noexcept { return fd_; }
    void reset(int fd) noexcept {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }

private:
    int fd_;
};

// A program in a process group of its own. Gone, with its whole group, when this ends.
class Child {
public:
    Child(const std::vector<std::string>& arguments, int output, const Probe& probe);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ > 0) (void)end();
    }

    [[nodiscard]] int descriptor() const noexcept { return ended_.number(); }
    // Kills what is left of it and of its group; returns its status as wait(2) tells it. One that the kernel does not
    // let go is waited for, so that no second one begins beside it, until the registry ends.
    int end() noexcept {
        (void)::kill(-pid_, SIGKILL);   // before it is reaped: until then the group's number is nobody else's
        int status = SIGKILL;           // if somebody else has reaped it
        pollfd ended{ended_.number(), POLLIN, 0};
        const bool can_look = ended.fd >= 0;
        while (can_look && ::poll(&ended, 1, look_every_ms) <= 0 && !probe_.stopped()) {
        }
        while (::waitpid(pid_, &status, can_look ? WNOHANG : 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        return status;
    }

private:
    const Probe& probe_;
    pid_t pid_ = 0;
    Descriptor ended_;
};

class SpawnAttributes {
public:
    explicit SpawnAttributes(int output) {
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawn_file_actions_init(&actions_);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setflags(
            &attributes_,
            static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
        ::posix_spawnattr_setsigmask(&attributes_, &none);   // this thread blocks all signals
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    ~SpawnAttributes() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    posix_spawnattr_t attributes_{};
    posix_spawn_file_actions_t actions_{};
};

Child::Child(const std::vector<std::string>& arguments, int output, const Probe& probe) : probe_{probe} {
    const SpawnAttributes how{output};
    std::vector<char*> words;
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    const int error =
        ::posix_spawnp(&pid_, words.front(), &how.actions_, &how.attributes_, words.data(), environ);
    if (error != 0) {
        pid_ = 0;
        throw std::system_error{error, std::generic_category(), arguments.front()};
    }
    ended_.reset(::pidfd_open(pid_, 0));
    if (ended_.number() >= 0) return;
    const int refused = errno;
    (void)end();
    throw std::system_error{refused, std::generic_category(), "pidfd_open"};
}

// Takes what is there, and keeps the beginning. A program that never stops writing is asked for the time in between.
void take_output(int fd, std::string& kept) {
    std::array<char, 4096> chunk;
    for (int turn = 0; turn < 16; ++turn) {
        const ssize_t size = ::read(fd, chunk.data(), chunk.size());
        if (size <= 0) return;
        const std::size_t room = message_max - kept.size();
        kept.append(chunk.data(), std::min(room, static_cast<std::size_t>(size)));
    }
}

Outcome verdict(int status, std::string_view output) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return up();
    output = output.substr(0, output.find('\n'));
    std::string message = WIFEXITED(status) ? "ended with " + std::to_string(WEXITSTATUS(status))
                                            : "killed by signal " + std::to_string(WTERMSIG(status));
    return down(output.empty() ? message : message.append(": ").append(output));
}

Outcome run_command(const std::vector<std::string>& arguments, const Probe& probe) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return down(std::string{"pipe: "} + std::strerror(errno));
    const Descriptor output{pipe[0]};
    Descriptor input{pipe[1]};
    (void)::fcntl(input.number(), F_SETFL, 0);   // the program's end blocks as programs expect
    Child child{arguments, input.number(), probe};
    input.reset(-1);

    std::string kept;
    for (;;) {
        // Both are waited for: a full pipe must not hold the program up.
        std::array<pollfd, 3> watched{
            {{child.descriptor(), POLLIN, 0}, {output.number(), POLLIN, 0}, {probe.stop_fd(), POLLIN, 0}}};
        const int ready = ::poll(watched.data(), watched.size(), probe.left_milliseconds());
        if (ready < 0 && errno != EINTR) return down(std::string{"poll: "} + std::strerror(errno));
        take_output(output.number(), kept);
        if (watched[0].revents != 0) return verdict(child.end(), kept);
        if (probe.stopped() || probe.left() == Duration::zero()) return probe.timed_out();
        // Whoever has closed its output and runs on is waited for alone.
        if ((watched[1].revents & (POLLHUP | POLLIN)) == POLLHUP) {
            if (probe.wait(child.descriptor(), POLLIN) != Probe::Ready::ready) return probe.timed_out();
        }
    }
}

}   // namespace

Indicator command(std::vector<std::string> arguments) {
    if (arguments.empty() || arguments.front().empty())
        throw std::invalid_argument("a command check needs a program");
    return {[arguments = std::move(arguments)](const Probe& probe) { return run_command(arguments, probe); },
            true};
}

}   // namespace outrigger::health
