// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace outrigger::logging {

// A directory of a test's own, with a spool's place in it; gone at the end.
class TemporaryDirectory {
public:
    // In memory where there is such a place: what is tested here is not how fast a disk is.
    TemporaryDirectory()
        : path_{(std::filesystem::is_directory("/dev/shm") ? "/dev/shm/" : ::testing::TempDir()) +
                "outrigger-spool-XXXXXX"} {
        if (!::mkdtemp(path_.data())) throw std::runtime_error{"no temporary directory"};
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string spool() const { return path_ + "/spool"; }

private:
    std::string path_;
};

}   // namespace outrigger::logging
