// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/log_sample.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace outrigger::demo {
namespace {

// A file with these lines, for as long as it lives.
class LogFile {
public:
    explicit LogFile(const std::string& text) {
        const int fd = ::mkstemp(path_.data());
        EXPECT_GE(fd, 0);
        ::close(fd);
        std::ofstream{path_} << text;
    }
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;
    ~LogFile() { std::remove(path_.c_str()); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = testing::TempDir() + "log_sample_XXXXXX";
};

std::string access(const std::string& what) {
    return R"({"event":{"dataset":"outrigger.access"},"m":")" + what + "\"}";
}

TEST(LastAccessLines, the_last_ones_come_oldest_first_without_the_sidecars_own) {
    const LogFile file{access("a") + "\n" + access("b") + "\n" + access("c") +
                       "\n{\"event\":{\"dataset\":\"outrigger.operations\"}}\n"};
    EXPECT_THAT(last_access_lines(file.path(), 2), testing::ElementsAre(access("b"), access("c")));
}

TEST(LastAccessLines, fewer_are_fine) {
    const LogFile file{access("a") + "\n"};
    EXPECT_THAT(last_access_lines(file.path(), 2), testing::ElementsAre(access("a")));
    EXPECT_THAT(last_access_lines(LogFile{""}.path(), 2), testing::IsEmpty());
}

TEST(LastAccessLines, of_a_large_file_only_the_end_is_read_from_a_whole_line_on) {
    std::string text = access("first") + "\n";
    const std::string filler(200 << 10, 'x');
    text += access(filler) + "\n" + access(filler) + "\n" + access("last") + "\n";
    const LogFile file{text};
    EXPECT_THAT(last_access_lines(file.path(), 9), testing::ElementsAre(access(filler), access("last")));
}

TEST(LastAccessLines, a_file_that_is_not_there_has_none) {
    EXPECT_THAT(last_access_lines("", 2), testing::IsEmpty());
    EXPECT_THAT(last_access_lines(testing::TempDir() + "no/such/file", 2), testing::IsEmpty());
}

}  // namespace
}  // namespace outrigger::demo
