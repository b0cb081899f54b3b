// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/output.hpp>
#include <outrigger/logging/sink.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

namespace outrigger::logging {

struct WriterSettings {
    Bytes capacity = Bytes{4 << 20};   // waiting to be written; past it lines are dropped
    Bytes flush_at = Bytes{64 << 10};  // so much is written at once ...
    Duration flush_every = std::chrono::milliseconds{200};  // ... or what there is after so long
    Duration last_words = std::chrono::seconds{1};  // how long the destructor lets a full reader catch up
};

// Where every accepted line is. accepted == written + lost + in_hand, always.
struct WriterStats {
    std::uint64_t accepted = 0;  // lines that append() took
    std::uint64_t dropped = 0;   // calls of append() that returned false
    std::uint64_t written = 0;   // lines that the descriptor took whole
    std::uint64_t lost = 0;      // accepted, then not written: errors, or a reader full to the end
    std::uint64_t in_hand = 0;   // not decided yet
    std::uint64_t bytes = 0;     // written, parts of lines included
    int last_error = 0;          // errno of the latest loss (EAGAIN: the reader stayed full); 0: none yet
};

// The one thread that writes log lines to a descriptor, behind a bounded buffer, so that nobody else ever
// waits for a reader. One hidden thread, from start() to the destructor; it blocks all signals. Thread-safe
// except start() and the destructor.
class Writer final : public Sink {
public:
    // Lines go to `fd`, of which the writer keeps a duplicate. The buffer's memory is reserved here, twice
    // the capacity. Throws std::system_error if `fd` is not open, std::invalid_argument for a capacity below
    // flush_at.
    explicit Writer(int fd, WriterSettings settings = {});
    // Writes what is in hand, for at most settings.last_words against a full reader; counts the rest as lost
    // and joins.
    ~Writer() override;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Starts the thread, once. Until then lines are kept. Throws std::system_error if there can be no thread.
    void start();

    // Takes one line (or several), which must end with '\n'. False: no room, or no '\n'; nothing of it is
    // kept and the call is counted. Never waits for I/O: the lock is held for a copy of the line and nothing
    // else.
    bool append(std::string_view lines) noexcept;
    // The same for text that is known to be one line: its last byte is '\n', and no other. It is not looked at.
    bool append_line(std::string_view line) noexcept { return line.ends_with('\n') ? keep(line, 1) : append(line); }

    // append_line(): the level makes no difference here.
    bool take(std::string_view record, Level level) noexcept override;
    [[nodiscard]] bool has_room(std::size_t bytes, Level level) const noexcept override;

    // Waits until all lines accepted before this call are written or lost, at most `at_most`. False: some are
    // still in hand, or the thread is not started.
    bool flush(Duration at_most) noexcept override;

    // Output::replace(): goes on in another file, with what is in hand too.
    [[nodiscard]] int replace(int fd) noexcept { return output_.replace(fd); }

    [[nodiscard]] WriterStats stats() const noexcept;

private:
    bool keep(std::string_view lines, std::uint64_t count) noexcept;
    void run();
    void wait_for_work(std::unique_lock<std::mutex>& lock);
    void write_out(std::string_view lines, std::uint64_t count);
    [[nodiscard]] int end_torn_line();
    [[nodiscard]] bool wait_for_room();
    [[nodiscard]] Instant last_moment() const noexcept;
    void settle(const WriterStats& step) noexcept;

    // As many bytes as settings.capacity: memory that nothing touches before it is filled.
    struct Lines {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
        [[nodiscard]] std::string_view text() const noexcept { return {bytes.get(), size}; }
    };

    const WriterSettings settings_;
    const SystemClock clock_;  // blocking waits are in real time
    Output output_;            // the thread's own, once it runs, but for replace()
    const int wake_;           // eventfd: ends a wait for room when the writer ends
    Lines writing_;            // the thread's own: what it took over
    bool torn_ = false;        // the thread's own: the last byte written was not a line's end

    mutable std::mutex mutex_;
    std::condition_variable work_;     // for the thread: something to write, or the end
    std::condition_variable settled_;  // for flush()
    Lines filling_;                    // under mutex_, like all that follows
    WriterStats stats_;                // in_hand is computed when asked for
    bool idle_ = false;                // the thread waits for a first line
    bool hurry_ = false;               // a flush() is waiting
    bool ending_ = false;
    Instant last_moment_ = never;  // set when ending
    std::thread thread_;
};

}  // namespace outrigger::logging
