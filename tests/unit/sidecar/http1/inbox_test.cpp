// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/inbox.hpp"

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/rng.hpp>
#include "tests/unit/sidecar/http1/body_collector.hpp"
#include "tests/unit/sidecar/peer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace outrigger::http1 {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

class InboxTest : public testing::Test {
protected:
    InboxTest() { connect(); }
    void connect(std::size_t capacity = 4 * 1024 * 1024) {
        inbox.reset();
        auto [ours, theirs] = net::MemoryStream::pair(loop.scheduler(), capacity);
        stream = std::move(ours);
        peer = net::Peer{std::move(theirs)};
        inbox.emplace(*stream, pages);
    }
    Inbox::HeadStep try_head() { return inbox->try_head(arena, *scratch); }
    BodyProgress pump(BodyDecoder& decoder) { return inbox->pump(decoder, *scratch, sink); }

    ManualLoop loop;
    net::PagePool pages;
    net::Arena arena{pages};
    std::unique_ptr<net::Scratch> scratch = std::make_unique<net::Scratch>();
    std::unique_ptr<net::MemoryStream> stream;
    net::Peer peer;
    std::optional<Inbox> inbox;
    BodyCollector sink;
};

TEST_F(InboxTest, a_whole_head_is_found_and_nothing_is_held) {
    peer.write(get);
    const auto step = try_head();
    ASSERT_EQ(step.state, Inbox::HeadState::whole);
    EXPECT_EQ(step.head, get);
    EXPECT_TRUE(inbox->empty());
    EXPECT_EQ(inbox->held(), 0u);
}

TEST_F(InboxTest, a_head_in_two_pieces_is_found_wherever_it_is_cut) {
    for (std::size_t cut = 1; cut < get.size(); ++cut) {
        peer.write(get.substr(0, cut));
        ASSERT_EQ(try_head().state, Inbox::HeadState::partial) << cut;
        EXPECT_EQ(inbox->kept(), get.substr(0, cut));
        peer.write(get.substr(cut));
        const auto step = try_head();
        ASSERT_EQ(step.state, Inbox::HeadState::whole) << cut;
        EXPECT_EQ(step.head, get) << cut;
        EXPECT_EQ(inbox->held(), 0u) << cut;
    }
}

TEST_F(InboxTest, a_head_that_comes_byte_by_byte_is_found) {
    for (std::size_t i = 0; i + 1 < get.size(); ++i) {
        peer.write(get.substr(i, 1));
        ASSERT_EQ(try_head().state, Inbox::HeadState::partial) << i;
    }
    peer.write(get.substr(get.size() - 1));
    EXPECT_EQ(try_head().head, get);
}

TEST_F(InboxTest, the_head_s_views_do_not_point_into_the_scratch_buffer) {
    peer.write(get);
    const auto step = try_head();
    scratch->read.fill('?');
    EXPECT_EQ(step.head, get);
}

TEST_F(InboxTest, pipelined_heads_are_found_one_after_the_other_without_reading) {
    peer.write(std::string{get} + std::string{get} + "GET /last");
    EXPECT_EQ(try_head().head, get);
    EXPECT_FALSE(inbox->empty());
    peer.close();
    EXPECT_EQ(try_head().head, get) << "it was there before the end";
    EXPECT_EQ(inbox->kept(), "GET /last");
    EXPECT_EQ(try_head().state, Inbox::HeadState::ended);
}

TEST_F(InboxTest, an_end_and_a_reset_are_told_apart) {
    peer.close();
    EXPECT_EQ(try_head().state, Inbox::HeadState::ended);
    connect();
    peer.reset();
    const auto step = try_head();
    EXPECT_EQ(step.state, Inbox::HeadState::fault);
    EXPECT_EQ(step.fault.os_error, ECONNRESET);
}

// A sender that never stops must be looked at between two reads, or nothing bounds what is kept.
TEST_F(InboxTest, one_step_reads_no_more_than_a_scratch_buffer_full_of_an_endless_head) {
    const std::string endless(3 * 1024 * 1024, 'x');
    peer.write(endless);
    EXPECT_EQ(try_head().state, Inbox::HeadState::partial);
    EXPECT_LE(inbox->kept().size(), net::Scratch::bytes);
    EXPECT_TRUE(stream->readable().is_open()) << "so that the next wait ends at once";
}

// The next request's beginning always comes with the end of the one before.
TEST_F(InboxTest, a_caller_whose_reads_never_end_with_a_request_does_not_pile_up_its_past) {
    std::size_t most = 0;
    peer.write(get.substr(0, 5));
    for (int i = 0; i < 10'000; ++i) {
        peer.write(std::string{get.substr(5)} + std::string{get.substr(0, 5)});
        ASSERT_EQ(try_head().head, get) << i;
        most = std::max(most, inbox->held());
    }
    EXPECT_LE(most, net::page_bytes);
}

TEST_F(InboxTest, a_body_is_handed_on_and_what_follows_is_kept) {
    BodyDecoder decoder{{Framing::length, 5}};
    peer.write("helloGET /");
    const BodyProgress progress = pump(decoder);
    (void)sink.push();
    EXPECT_EQ(progress.kind, BodyProgress::Kind::end);
    EXPECT_EQ(progress.payload, 5u);
    EXPECT_EQ(sink.body, "hello");
    EXPECT_EQ(inbox->kept(), "GET /");
    EXPECT_FALSE(sink.ended) << "ending is the relay's business";
}

TEST_F(InboxTest, a_body_that_came_with_the_head_needs_no_read) {
    peer.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET");
    ASSERT_EQ(try_head().state, Inbox::HeadState::whole);
    BodyDecoder decoder{{Framing::length, 5}};
    peer.close();
    const BodyProgress progress = pump(decoder);
    EXPECT_EQ(progress.kind, BodyProgress::Kind::end);
    EXPECT_EQ(sink.body, "hello") << "pushed already: its bytes are gone from the inbox";
    EXPECT_EQ(inbox->kept(), "GET");
}

TEST_F(InboxTest, nothing_there_is_again_and_a_finished_body_is_the_end_without_a_read) {
    BodyDecoder decoder{{Framing::length, 5}};
    EXPECT_EQ(pump(decoder).kind, BodyProgress::Kind::again);
    BodyDecoder empty{{Framing::length, 0}};
    EXPECT_EQ(pump(empty).kind, BodyProgress::Kind::end);
    BodyDecoder none;
    EXPECT_EQ(pump(none).kind, BodyProgress::Kind::end);
}

TEST_F(InboxTest, a_turn_moves_one_read_at_most) {
    BodyDecoder decoder{{Framing::length, 1'000'000}};
    peer.write(std::string(1'000'000, 'x'));
    const BodyProgress progress = pump(decoder);
    EXPECT_EQ(progress.kind, BodyProgress::Kind::moved);
    EXPECT_EQ(progress.payload, net::Scratch::bytes);
}

TEST_F(InboxTest, an_end_in_the_middle_of_a_body_is_a_fault_unless_the_end_ends_it) {
    BodyDecoder decoder{{Framing::length, 5}};
    peer.write("hel");
    EXPECT_EQ(pump(decoder).kind, BodyProgress::Kind::moved);
    peer.close();
    const BodyProgress cut = pump(decoder);
    EXPECT_EQ(cut.kind, BodyProgress::Kind::fault);
    EXPECT_EQ(cut.fault.reason, Reason::upstream_reset);

    connect();
    BodyDecoder until_close{{Framing::until_close}};
    peer.write("bye");
    peer.close();
    EXPECT_EQ(pump(until_close).kind, BodyProgress::Kind::moved);
    EXPECT_EQ(pump(until_close).kind, BodyProgress::Kind::end);
}

TEST_F(InboxTest, a_reset_in_the_middle_of_a_body_is_a_fault_even_where_an_end_would_do) {
    BodyDecoder until_close{{Framing::until_close}};
    peer.reset();
    EXPECT_EQ(pump(until_close).kind, BodyProgress::Kind::fault);
}

TEST_F(InboxTest, what_came_before_a_broken_chunk_is_still_handed_on) {
    BodyDecoder decoder{{Framing::chunked}};
    peer.write("5\r\nhello\r\nzz\r\n");
    const BodyProgress progress = pump(decoder);
    (void)sink.push();
    EXPECT_EQ(progress.kind, BodyProgress::Kind::fault);
    EXPECT_EQ(progress.payload, 5u);
    EXPECT_EQ(sink.body, "hello");
}

// Several messages back to back, cut at random into reads: the same bodies must come out, and the inbox must
// end empty.
TEST_F(InboxTest, whatever_the_cuts_the_same_messages_come_out) {
    constexpr std::uint64_t seed = 31;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    const std::string fixed = "POST /f HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world";
    const std::string chunked =
        "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n6\r\n "
        "world\r\n0\r\nT: v\r\n\r\n";
    for (int round = 0; round < 300; ++round) {
        connect();
        std::string sent;
        std::vector<bool> kinds;
        for (int i = 0; i < 5; ++i) {
            kinds.push_back(rng.below(2) == 0);
            sent += kinds.back() ? fixed : chunked;
        }
        std::string_view rest = sent;
        const auto more = [&] {
            const std::size_t count = 1 + rng.below(std::min<std::size_t>(rest.size(), 60));
            peer.write(rest.substr(0, count));
            rest.remove_prefix(count);
        };
        for (const bool is_fixed : kinds) {
            Inbox::HeadStep step = try_head();
            while (step.state == Inbox::HeadState::partial) more(), step = try_head();
            ASSERT_EQ(step.head, (is_fixed ? fixed : chunked).substr(0, step.head.size()));
            BodyDecoder decoder{is_fixed ? BodyPlan{Framing::length, 11} : BodyPlan{Framing::chunked}};
            sink = {};
            for (BodyProgress progress; progress.kind != BodyProgress::Kind::end;) {
                progress = pump(decoder);
                (void)sink.push();
                ASSERT_NE(progress.kind, BodyProgress::Kind::fault);
                if (progress.kind == BodyProgress::Kind::again) more();
            }
            ASSERT_EQ(sink.body, "hello world");
        }
        EXPECT_TRUE(rest.empty());
        EXPECT_EQ(inbox->held(), 0u);
    }
}

}   // namespace
}   // namespace outrigger::http1
