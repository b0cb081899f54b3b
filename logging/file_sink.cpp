// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/file_sink.hpp>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace outrigger::logging {
namespace {

// Closed at the end.
class Opened {
public:
    explicit Opened(const std::string& path) noexcept
        : fd_{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640)},
          error_{fd_ < 0 ? errno : 0} {}
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    ~Opened() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] int error() const noexcept { return error_; }
    [[nodiscard]] int fd_or_throw(const std::string& path) const {
        if (error_ != 0) throw std::system_error{error_, std::generic_category(), "cannot open the log file " + path};
        return fd_;
    }

private:
    int fd_;
    int error_;
};

}   // namespace

FileSink::FileSink(std::string path, WriterSettings settings)
    : path_{std::move(path)}, writer_{Opened{path_}.fd_or_throw(path_), settings} {
    writer_.start();
}

std::error_code FileSink::reopen() noexcept {
    const Opened file{path_};
    return {file.error() != 0 ? file.error() : writer_.replace(file.fd()), std::generic_category()};
}

}   // namespace outrigger::logging
