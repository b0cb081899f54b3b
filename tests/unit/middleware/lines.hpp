// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/writer.hpp>

#include <cstddef>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace outrigger::middleware {

// A writer into a file in memory, and what it wrote since the last look.
class Lines {
public:
    Lines() { writer_.start(); }
    ~Lines() { ::close(file_); }

    [[nodiscard]] logging::Writer& writer() noexcept { return writer_; }

    [[nodiscard]] std::string take() {
        writer_.flush(std::chrono::seconds{20});
        std::string all(1 << 20, '\0');
        const auto count = ::pread(file_, all.data(), all.size(), seen_);
        all.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        seen_ += count < 0 ? 0 : count;
        return all;
    }

private:
    int file_ = ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    off_t seen_ = 0;
    logging::Writer writer_{file_};
};

}  // namespace outrigger::middleware
