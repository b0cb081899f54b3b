// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/units.hpp>

// What a spool needs of its directory besides the database.
namespace outrigger::logging {

// Holds DIR/lock for as long as it lives: one process writes to a spool, or looks into it. The lock goes with the
// process, however it ends; the file stays, and says whose it was.
class SpoolLock {
public:
    // Makes DIR, one level, for its owner alone, if it is missing. Throws SpoolInUse, or std::runtime_error in a sentence.
    enum class Directory : std::uint8_t { make, must_be_there };
    // `patience`: how long it waits for who has it.
    SpoolLock(const std::string& dir, Directory directory, Duration patience = {});
    ~SpoolLock();
    SpoolLock(const SpoolLock&) = delete;
    SpoolLock& operator=(const SpoolLock&) = delete;

private:
    int fd_ = -1;
};

// Room on the disk that is held back for the moment when there is no other: removing records writes, too.
class Ballast {
public:
    // One that is there already is taken over.
    Ballast(const std::string& dir, Bytes size);

    // Only when the disk has twice as much left, so that it does not take what the next commit needs. The first time it
    // takes a quarter of what is left at most; later it wants as much again.
    bool make() noexcept;
    void release() noexcept;
    [[nodiscard]] bool is_there() const noexcept { return there_; }
    // Bytes of the disk that may be taken for good: when it is not there, what it held back is the log's.
    [[nodiscard]] std::uint64_t disk_left() const noexcept;

private:
    [[nodiscard]] bool allocate() const noexcept;

    std::string path_;
    std::string dir_;
    Bytes size_;
    bool there_ = false;
    bool sized_ = false;
};

// The names of a database, and what moves it out of the way of its successor. All steps can be repeated: a process that
// ends between them goes on with them when it starts again.
class SpoolPaths {
public:
    explicit SpoolPaths(const std::string& dir) : database{dir + "/spool.db"}, successor{database + ".new"}, corrupt{database + ".corrupt"} {}

    std::string database;
    std::string successor;   // while it is made
    std::string corrupt;     // the last one that was damaged

    // For its owner alone: what SQLite makes beside it gets the same mode.
    void make_private(const std::string& path) const noexcept;
    void remove(const std::string& path) const noexcept;   // with its log
    // The successor, which is complete, takes over; not while it has a log, which would be left behind.
    [[nodiscard]] bool replace() const noexcept;
    [[nodiscard]] bool has_successor() const noexcept;
    [[nodiscard]] bool has_corrupt() const noexcept;
};

}   // namespace outrigger::logging
