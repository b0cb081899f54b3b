// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/file_sink.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

class Folder {
public:
    Folder() {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
    }
    ~Folder() {
        for (const char* const name : {"/log", "/log.1"}) ::unlink((path_ + name).c_str());
        ::rmdir(path_.c_str());
    }
    [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }

private:
    std::string path_ = "/tmp/outrigger-file-sink-XXXXXX";
};

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(FileSink, appends_to_what_is_there) {
    const Folder folder;
    std::ofstream{folder / "log"} << "old\n";
    FileSink sink{folder / "log"};
    EXPECT_TRUE(sink.take("new\n", Level::info));
    EXPECT_TRUE(sink.flush(20s));
    EXPECT_EQ(text_of(folder / "log"), "old\nnew\n");
    EXPECT_EQ(sink.stats().written, 1u);
}

TEST(FileSink, goes_on_in_the_new_file_after_a_rotation) {
    const Folder folder;
    FileSink sink{folder / "log"};
    (void)sink.take("before\n", Level::info);
    EXPECT_TRUE(sink.flush(20s));
    ASSERT_EQ(std::rename((folder / "log").c_str(), (folder / "log.1").c_str()), 0);
    EXPECT_FALSE(sink.reopen());
    (void)sink.take("behind\n", Level::info);
    EXPECT_TRUE(sink.flush(20s));
    EXPECT_EQ(text_of(folder / "log.1"), "before\n");
    EXPECT_EQ(text_of(folder / "log"), "behind\n");
}

TEST(FileSink, that_cannot_be_reopened_goes_on_with_what_it_has) {
    const Folder folder;
    FileSink sink{folder / "log"};
    ASSERT_EQ(std::rename((folder / "log").c_str(), (folder / "log.1").c_str()), 0);
    ASSERT_EQ(::mkdir((folder / "log").c_str(), 0700), 0);
    EXPECT_EQ(sink.reopen(), std::errc::is_a_directory);
    ::rmdir((folder / "log").c_str());
    (void)sink.take("still\n", Level::info);
    EXPECT_TRUE(sink.flush(20s));
    EXPECT_EQ(text_of(folder / "log.1"), "still\n");
}

TEST(FileSink, a_file_that_cannot_be_opened_is_named) {
    try {
        const FileSink sink{"/nowhere/at/all"};
        ADD_FAILURE();
    } catch (const std::system_error& error) {
        EXPECT_STREQ(error.what(), "cannot open the log file /nowhere/at/all: No such file or directory");
    }
}

}   // namespace
