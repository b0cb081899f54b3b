// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/trace_parent.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace outrigger::middleware {
namespace {

constexpr std::string_view good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

TEST(TraceParent, continues_the_caller_s_trace_with_a_span_of_its_own) {
    Rng rng{1};
    const TraceParent trace{good, rng};
    EXPECT_EQ(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(trace.parent_span_id(), "00f067aa0ba902b7");
    EXPECT_NE(trace.span_id(), trace.parent_span_id());
    EXPECT_EQ(trace.span_id().size(), 16u);
    EXPECT_TRUE(is_hex(trace.span_id()));
    EXPECT_EQ(trace.traceparent(),
              "00-4bf92f3577b34da6a3ce929d0e0e4736-" + std::string{trace.span_id()} + "-01");
}

TEST(TraceParent, keeps_the_caller_s_sampling_decision) {
    Rng rng{1};
    EXPECT_TRUE(
        (TraceParent{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", rng}.traceparent().ends_with(
            "-00")));
}

TEST(TraceParent, without_one_begins_a_sampled_trace) {
    Rng rng{1};
    const TraceParent trace{"", rng};
    EXPECT_TRUE(TraceParent::valid(trace.traceparent())) << trace.traceparent();
    EXPECT_TRUE(trace.traceparent().ends_with("-01"));
    EXPECT_EQ(trace.parent_span_id(), "");
}

TEST(TraceParent, a_broken_one_counts_as_none) {
    Rng rng{1};
    const TraceParent trace{good.substr(0, 54), rng};
    EXPECT_NE(trace.trace_id(), good.substr(3, 32));
    EXPECT_EQ(trace.parent_span_id(), "");
    EXPECT_TRUE(TraceParent::valid(trace.traceparent()));
}

TEST(TraceParent, what_goes_upstream_is_always_valid_and_never_the_same) {
    Rng rng{1};
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const TraceParent trace{i % 2 ? good : "", rng};
        ASSERT_TRUE(TraceParent::valid(trace.traceparent()));
        EXPECT_TRUE(seen.emplace(trace.traceparent()).second);
    }
}

TEST(TraceParent, a_copy_has_its_own_text) {
    Rng rng{1};
    std::string expected;
    const auto copy = [&] {
        const TraceParent trace{good, rng};
        expected = trace.traceparent();
        return trace;
    }();
    EXPECT_EQ(copy.traceparent(), expected);
    EXPECT_EQ(copy.parent_span_id(), "00f067aa0ba902b7");
}

TEST(Traceparent, is_valid_as_the_specification_has_it) {
    EXPECT_TRUE(TraceParent::valid(good));
    EXPECT_TRUE(TraceParent::valid("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff"));
    EXPECT_TRUE(TraceParent::valid("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    EXPECT_TRUE(TraceParent::valid(
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like"));
}

TEST(Traceparent, is_refused_otherwise) {
    for (const char* text : {
             "",
             "00",
             "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   // version ff is forbidden
             "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
             "00-00000000000000000000000000000000-00f067aa0ba902b7-01",   // no trace id
             "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",   // no span id
             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",   // upper case
             "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",   // version 00 ends after the flags
             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
             "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
             "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
         })
        EXPECT_FALSE(TraceParent::valid(text)) << text;
}

TEST(Traceparent, has_nothing_but_digits_and_small_letters_a_to_f_at_every_place) {
    for (int code = 0; code < 256; ++code)
        for (const std::size_t place : {0U, 1U, 3U, 10U, 17U, 34U, 36U, 51U, 53U, 54U}) {
            std::string text{good};
            if (place < 2) text = "cc" + text.substr(2);
            text[place] = static_cast<char>(code);
            const bool digit = (code >= '0' && code <= '9') || (code >= 'a' && code <= 'f');
            ASSERT_EQ(TraceParent::valid(text), digit) << code << " at " << place;
        }
}

TEST(RandomId, is_32_hexadecimal_digits_and_never_the_same) {
    Rng rng{1};
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto id = random_id(rng);
        const std::string text{id.data(), id.size()};
        ASSERT_TRUE(is_hex(text));
        EXPECT_TRUE(seen.insert(text).second);
    }
}

TEST(RequestId, a_caller_s_own_is_taken_over_when_it_can_be_logged_and_sent_on) {
    EXPECT_TRUE(acceptable_request_id("a"));
    EXPECT_TRUE(acceptable_request_id("7b9e-\"quoted\"/~!"));
    EXPECT_TRUE(acceptable_request_id(std::string(128, 'x')));
    EXPECT_FALSE(acceptable_request_id(""));
    EXPECT_FALSE(acceptable_request_id(std::string(129, 'x')));
    for (const std::string_view id : {"a b", "a\tb", "a\x7f", "caf\xc3\xa9", "a\nb"})
        EXPECT_FALSE(acceptable_request_id(id)) << id;
}

}   // namespace
}   // namespace outrigger::middleware
