// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/buffer.hpp"

#include <gtest/gtest.h>

#include <outrigger/core/rng.hpp>

namespace outrigger::net {
namespace {

TEST(Buffer, what_comes_in_goes_out_in_order_and_nothing_is_held_when_it_is_empty) {
    PagePool pool;
    Buffer buffer{pool};
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.held(), 0u);
    buffer.append("hello ");
    buffer.append("");
    buffer.append("world");
    EXPECT_EQ(buffer.bytes(), "hello world");
    EXPECT_EQ(buffer.held(), page_bytes);
    buffer.drop_front(6);
    EXPECT_EQ(buffer.bytes(), "world");
    buffer.drop_front(5);
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.held(), 0u);
}

TEST(Buffer, room_in_front_is_used_before_more_is_taken) {
    PagePool pool;
    Buffer buffer{pool};
    buffer.append(std::string(page_bytes, 'a'));
    buffer.drop_front(page_bytes - 1);
    buffer.append(std::string(page_bytes - 1, 'b'));
    EXPECT_EQ(buffer.held(), page_bytes);
    EXPECT_EQ(buffer.bytes(), 'a' + std::string(page_bytes - 1, 'b'));
}

TEST(Buffer, more_than_a_page_is_contiguous_too) {
    PagePool pool;
    Buffer buffer{pool};
    buffer.append("x");
    buffer.append(std::string(page_bytes, 'y'));
    EXPECT_EQ(buffer.bytes(), 'x' + std::string(page_bytes, 'y'));
    buffer.drop_front(1);
    buffer.append("z");
    EXPECT_EQ(buffer.held(), page_bytes + 1) << "what has gone is not kept";
    buffer.drop_front(page_bytes + 1);
    EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, may_borrow_instead_of_copying) {
    PagePool pool;
    Buffer buffer{pool};
    const std::string elsewhere = "hello";
    buffer.borrow(elsewhere);
    EXPECT_FALSE(buffer.empty());
    EXPECT_EQ(buffer.bytes().data(), elsewhere.data());
    EXPECT_EQ(buffer.held(), 0u);
    buffer.drop_front(2);
    EXPECT_EQ(buffer.bytes(), "llo");
    buffer.append(" world");
    EXPECT_EQ(buffer.bytes(), "llo world");
    EXPECT_EQ(buffer.held(), page_bytes) << "its own now";
    buffer.clear();
    buffer.borrow(elsewhere);
    buffer.drop_front(5);
    EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, is_a_queue_of_bytes_whatever_the_sizes) {
    PagePool pool;
    Rng rng{20261120};
    Buffer buffer{pool};
    std::string model;
    for (int step = 0; step < 5000; ++step) {
        if (rng() % 2 == 0) {
            const std::string piece(rng() % (rng() % 8 == 0 ? 9000 : 300), static_cast<char>('a' + rng() % 26));
            buffer.append(piece);
            model += piece;
        } else {
            const std::size_t count = model.empty() ? 0 : rng() % (model.size() + 1);
            if (count > 0) buffer.drop_front(count);
            model.erase(0, count);
        }
        ASSERT_EQ(buffer.bytes(), model) << "step " << step;
        ASSERT_EQ(buffer.empty(), model.empty());
    }
}

}   // namespace
}   // namespace outrigger::net
