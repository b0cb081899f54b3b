// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <outrigger/core/units.hpp>

// What a spool needs of its directory besides the database.
namespace outrigger::logging {

// Holds DIR/lock for as long as it lives: one process writes to a spool, or looks into it. The lock goes with the
// process, however it ends; the file stays, and says whose it was.
class SpoolLock {
public:
    // Makes DIR, one level, for its owner alone, if it is missing. Throws std::runtime_error in a sentence.
    enum class Directory : std::uint8_t { make, must_be_there };
    SpoolLock(const std::string& dir, Directory directory);
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

    // Only when the disk has twice as much left, so that it does not take what the next commit needs.
    bool make() noexcept;
    void release() noexcept;
    [[nodiscard]] bool is_there() const noexcept { return there_; }

private:
    [[nodiscard]] bool allocate() const noexcept;

    std::string path_;
    std::string dir_;
    Bytes size_;
    bool there_ = false;
};

}   // namespace outrigger::logging
