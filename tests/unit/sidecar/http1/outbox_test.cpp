// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/outbox.hpp"

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/rng.hpp>
#include "tests/unit/sidecar/peer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace outrigger::http1 {
namespace {

using namespace std::chrono_literals;

class OutboxTest : public testing::Test {
protected:
    OutboxTest() { connect(); }
    void connect(std::size_t capacity = 64 * 1024) {
        outbox.reset();
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler(), capacity);
        stream = std::move(ours);
        peer = net::Peer{std::move(theirs)};
        outbox.emplace(*stream);
    }
    // Begins to wait until all was taken; see drained.
    void drain(Wait wait = {}) {
        drained.reset();
        tasks.spawn(await_drained(wait));
    }
    Task<void> await_drained(Wait wait) { drained = co_await outbox->drained(wait); }

    ManualLoop loop;
    std::unique_ptr<net::MemoryStream> stream;
    net::Peer peer;
    std::optional<Outbox> outbox;
    std::optional<Result<void>> drained;
    TaskGroup tasks;
};

TEST_F(OutboxTest, nothing_goes_before_it_is_pushed_and_then_all_at_once) {
    outbox->add("head");
    outbox->add("body");
    EXPECT_EQ(peer.read(), "");
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(peer.read(), "headbody");
    EXPECT_EQ(outbox->sent(), 8u);
    EXPECT_FALSE(outbox->congested());
}

TEST_F(OutboxTest, leaves_at_once_unless_it_may_wait) {
    outbox->add("now");
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(stream->soon(), 0);
    outbox->add("soon");
    EXPECT_TRUE(outbox->push(Outbox::Leaves::soon));
    EXPECT_EQ(stream->soon(), 1);
    EXPECT_EQ(peer.read(), "nowsoon");
}

TEST_F(OutboxTest, pushing_nothing_is_no_fault) { EXPECT_TRUE(outbox->push()); }

// A head with room behind it, as head_text() makes it; what the room holds is of no account.
struct RoomyHead {
    explicit RoomyHead(std::string_view head, std::size_t spare) : storage{std::string{head} + std::string(spare, '#')},
          text{storage.data(), head.size(), spare} {}
    std::string storage;
    HeadText text;
};

TEST_F(OutboxTest, a_short_body_goes_behind_its_head_so_that_both_are_one_part) {
    RoomyHead head{"head", 8};
    outbox->add(head.text);
    outbox->add("body");
    outbox->add("");
    outbox->add("more");
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(peer.read(), "headbodymore");
    EXPECT_EQ(head.storage, "headbodymore");
    EXPECT_EQ(outbox->sent(), 12u);
}

TEST_F(OutboxTest, what_does_not_fit_behind_the_head_stays_where_it_is_and_so_does_all_that_follows) {
    RoomyHead head{"head", 3};
    outbox->add(head.text);
    outbox->add("body");
    outbox->add("m");
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(peer.read(), "headbodym");
    EXPECT_EQ(head.storage, "head###");
}

TEST_F(OutboxTest, room_behind_a_head_is_forgotten_once_it_was_pushed_or_another_head_has_come) {
    RoomyHead first{"interim", 4};
    RoomyHead second{"head", 0};
    outbox->add(first.text);
    outbox->add(second.text);
    outbox->add("abc");
    EXPECT_TRUE(outbox->push());
    outbox->add(first.text);
    EXPECT_TRUE(outbox->push());
    outbox->add("abc");
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(peer.read(), "interimheadabcinterimabc");
    EXPECT_EQ(first.storage, "interim####");
}

TEST_F(OutboxTest, chunks_behind_a_head_keep_their_framing) {
    RoomyHead head{"head", 12};
    outbox->add(head.text);
    outbox->add_chunk("hello");   // ten bytes with its framing
    outbox->add_chunk("you");     // of which the size line is too long
    outbox->end_chunks({});
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(peer.read(), "head5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n");
}

TEST_F(OutboxTest, what_was_joined_and_not_taken_is_kept) {
    connect(6);
    RoomyHead head{"head", 100};
    outbox->add(head.text);
    outbox->add("body");
    EXPECT_TRUE(outbox->push());
    EXPECT_TRUE(outbox->congested());
    head.storage.assign(head.storage.size(), '!');
    EXPECT_EQ(peer.read(), "headbo");
    drain();
    loop.run();
    EXPECT_EQ(peer.read(), "dy");
}

TEST_F(OutboxTest, chunks_are_framed_and_an_empty_one_would_be_the_last_so_it_is_left_out) {
    outbox->add_chunk("hello");
    outbox->add_chunk("");
    outbox->add_chunk(std::string_view{" wonderful new world"});
    outbox->add(last_chunk);
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(peer.read(), "5\r\nhello\r\n14\r\n wonderful new world\r\n0\r\n\r\n");
}

TEST_F(OutboxTest, more_parts_than_fit_into_one_call_keep_their_order) {
    std::string expected;
    std::string bytes = "abcdefghijklmnopqrstuvwxyz";
    for (int round = 0; round < 5; ++round)
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (i % 3 == 0) {
                outbox->add_chunk(std::string_view{bytes}.substr(i, 1));
                expected += std::string{"1\r\n"} + bytes[i] + "\r\n";
            } else {
                outbox->add(std::string_view{bytes}.substr(i, 1));
                expected += bytes[i];
            }
        }
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(peer.read(), expected);
}

TEST_F(OutboxTest, what_a_slow_peer_does_not_take_is_copied_and_sent_later_in_order) {
    connect(4);
    std::string bytes = "0123456789";
    outbox->add(bytes);
    EXPECT_TRUE(outbox->push()) << "not taking it all is no fault";
    bytes.assign("??????????");   // it need not be valid any longer
    EXPECT_TRUE(outbox->congested());
    outbox->add("abc");
    EXPECT_TRUE(outbox->push());
    drain();
    std::string got;
    for (int i = 0; i < 10 && !drained; ++i) {
        got += peer.read();
        loop.run();
    }
    got += peer.read();
    ASSERT_TRUE(drained.has_value());
    EXPECT_TRUE(*drained);
    EXPECT_EQ(got, "0123456789abc");
    EXPECT_FALSE(outbox->congested());
    EXPECT_EQ(outbox->sent(), 13u);
}

TEST_F(OutboxTest, nothing_new_overtakes_what_is_still_waiting_though_there_is_room_again) {
    connect(4);
    outbox->add("01234567");
    EXPECT_TRUE(outbox->push());
    EXPECT_EQ(peer.read(), "0123");
    outbox->add("ab");
    EXPECT_TRUE(outbox->push());
    drain();
    std::string got;
    for (int i = 0; i < 5; ++i) {
        got += peer.read();
        loop.run();
    }
    EXPECT_EQ(got, "4567ab");
}

TEST_F(OutboxTest, waiting_for_a_peer_that_takes_nothing_ends_with_the_deadline_and_all_is_still_there) {
    connect(4);
    outbox->add("0123456789");
    EXPECT_TRUE(outbox->push());
    drain({after(loop.clock().now(), 5ms), nullptr, Reason::timeout});
    loop.advance(5ms);
    ASSERT_TRUE(drained.has_value());
    EXPECT_EQ(drained->error().reason, Reason::timeout);
    EXPECT_TRUE(outbox->congested());
    EXPECT_EQ(peer.read(), "0123");
}

TEST_F(OutboxTest, a_peer_that_goes_is_a_fault_from_then_on) {
    peer.close();
    outbox->add("x");
    EXPECT_FALSE(outbox->push());
    outbox->add("y");
    EXPECT_FALSE(outbox->push());
    EXPECT_FALSE(outbox->congested()) << "nothing is kept for nobody";
    drain();
    ASSERT_TRUE(drained.has_value());
    EXPECT_EQ(drained->error().os_error, EPIPE);
}

TEST_F(OutboxTest, a_peer_that_goes_while_it_is_waited_for_ends_the_wait) {
    connect(4);
    outbox->add("0123456789");
    EXPECT_TRUE(outbox->push());
    drain();
    peer.reset();
    loop.run();
    ASSERT_TRUE(drained.has_value());
    EXPECT_FALSE(*drained);
    EXPECT_FALSE(outbox->congested());
}

TEST_F(OutboxTest, at_random_with_a_slow_peer_every_byte_arrives_once_and_in_order) {
    constexpr std::uint64_t seed = 77;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    connect(37);
    std::string expected;
    std::string got;
    for (int round = 0; round < 3000; ++round) {
        std::vector<std::string> pieces;   // gone after push(), as scratch is
        for (std::uint64_t i = rng.below(25); i > 0; --i) {
            std::string& piece = pieces.emplace_back(rng.below(12), static_cast<char>('a' + rng.below(26)));
            (void)piece;
        }
        for (const std::string& piece : pieces) {
            if (rng.below(2)) {
                outbox->add(piece);
                expected += piece;
            } else {
                outbox->add_chunk(piece);
                if (!piece.empty())
                    expected += std::string{"0123456789abc"[piece.size()]} + "\r\n" + piece + "\r\n";
            }
        }
        ASSERT_TRUE(outbox->push());
        pieces.clear();
        drain();
        while (!drained) {
            got += peer.read(1 + rng.below(40));
            loop.run();
        }
    }
    got += peer.read();
    EXPECT_EQ(got, expected);
    EXPECT_EQ(outbox->sent(), expected.size());
}

}   // namespace
}   // namespace outrigger::http1
