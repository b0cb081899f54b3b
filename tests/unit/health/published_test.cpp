// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/published.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace outrigger::health {
namespace {

TEST(Published, the_latest_version_is_read) {
    Published<int> published{std::make_shared<const int>(1)};
    EXPECT_EQ(*published.read(), 1);
    published.publish(std::make_shared<const int>(2));
    published.publish(std::make_shared<const int>(3));
    EXPECT_EQ(*published.read(), 3);
}

TEST(Published, a_version_that_is_kept_stays_whole) {
    Published<int> published{std::make_shared<const int>(1)};
    const auto kept = published.read();
    for (int i = 2; i < 10; ++i) published.publish(std::make_shared<const int>(i));
    EXPECT_EQ(*kept, 1);
}

TEST(Published, no_more_than_two_versions_are_held) {
    Published<int> published{std::make_shared<const int>(1)};
    const std::weak_ptr<const int> first = published.read();
    published.publish(std::make_shared<const int>(2));
    published.publish(std::make_shared<const int>(3));
    EXPECT_TRUE(first.expired());
}

// Each version is two numbers that belong together: a reader that ever saw a mixture, or went back in time,
// fails. The thread sanitizer watches the rest.
TEST(Published, readers_see_only_whole_versions_in_order) {
    struct Version {
        std::vector<int> twice;
    };
    const auto version = [](int i) { return std::make_shared<const Version>(Version{{i, i}}); };
    constexpr int last = 20'000;
    Published<Version> published{version(0)};
    std::vector<std::thread> readers;
    for (int reader = 0; reader < 3; ++reader)
        readers.emplace_back([&published] {
            for (int seen = 0; seen < last;) {
                const auto read = published.read();
                ASSERT_EQ(read->twice.at(0), read->twice.at(1));
                ASSERT_GE(read->twice.at(0), seen);
                seen = read->twice.at(0);
            }
        });
    for (int i = 1; i <= last; ++i) published.publish(version(i));
    for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace outrigger::health
