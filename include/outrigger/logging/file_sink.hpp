// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <system_error>

#include <outrigger/logging/sink.hpp>
#include <outrigger/logging/writer.hpp>

namespace outrigger::logging {

// A file that records are appended to. One hidden thread: the writer's. Thread-safe.
class FileSink final : public Sink {
public:
    // Made with mode 0640 (less the umask) if it does not exist. Throws std::system_error that names the file.
    explicit FileSink(std::string path, WriterSettings settings = {});

    bool take(std::string_view record, Level level) noexcept override { return writer_.take(record, level); }
    [[nodiscard]] bool has_room(std::size_t bytes, Level level) const noexcept override {
        return writer_.has_room(bytes, level);
    }
    bool flush(Duration at_most) noexcept override { return writer_.flush(at_most); }

    // Goes on in the file that now has the path, after a rotation; what is in hand goes there too. An error leaves
    // everything as it was.
    [[nodiscard]] std::error_code reopen() noexcept;

    [[nodiscard]] WriterStats stats() const noexcept { return writer_.stats(); }

private:
    const std::string path_;
    Writer writer_;
};

}   // namespace outrigger::logging
