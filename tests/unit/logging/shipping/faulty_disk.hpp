// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

namespace outrigger::logging {

// The default disk of SQLite, which fails when it is told to. One at a time.
class FaultyDisk {
public:
    enum class Fault { none, full, broken, half_written };

    FaultyDisk();    // becomes SQLite's default
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    // The n-th write, sync, truncation or growth from now on fails, and `count` - 1 after it.
    void fail(Fault fault, int nth, int count = 1) noexcept;
    // From now on it is full: databases do not grow, and their logs only up to so many bytes.
    void fill_up(sqlite3_int64 log) noexcept { log_limit_ = log; }
    void heal() noexcept {
        fault_ = Fault::none;
        log_limit_ = unlimited;
    }
    // Whether the fault has come about.
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    struct File;
    struct Methods;
    [[nodiscard]] Fault next() noexcept;

    static constexpr sqlite3_int64 unlimited = -1;

    sqlite3_vfs* real_;
    sqlite3_vfs vfs_;
    Fault fault_ = Fault::none;
    int left_ = 0;
    int count_ = 0;
    bool failed_ = false;
    sqlite3_int64 log_limit_ = unlimited;
};

}   // namespace outrigger::logging
