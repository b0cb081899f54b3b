// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/writer.hpp"
#include "tests/unit/sidecar/http1/messages.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace std::string_literals;

namespace outrigger::http1 {
namespace {

constexpr BodyPlan chunked{Framing::chunked, 0};

struct Outcome {
    std::string payload;
    std::size_t consumed = 0;
    bool done = false;
    std::string refusal;  // its detail
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {  // NOLINT: GoogleTest's name
    *out << outcome.payload.size() << " payload bytes of " << outcome.consumed << ", "
         << (outcome.done ? "done" : "not done") << ", " << outcome.refusal;
}

// Feeds one piece until the decoder takes nothing more.
void feed(BodyDecoder& decoder, std::string_view piece, Outcome& outcome) {
    while (!decoder.done()) {
        const Result<BodyDecoder::Step> step = decoder.decode(piece);
        if (!step) {
            outcome.refusal = step.error().detail;
            EXPECT_EQ(to_string(step.error().reason), "bad_request");
            return;
        }
        EXPECT_TRUE(step->payload.empty() ||
                    (step->payload.data() >= piece.data() &&
                     step->payload.data() + step->payload.size() <= piece.data() + step->consumed))
            << "payload is a slice of what was consumed";
        EXPECT_TRUE(step->consumed > 0 || piece.empty()) << "it goes on or it wants more";
        outcome.payload += step->payload;
        outcome.consumed += step->consumed;
        piece.remove_prefix(step->consumed);
        if (piece.empty()) break;
    }
    outcome.done = decoder.done();
}

Outcome decoded(BodyPlan plan, const std::vector<std::string_view>& pieces) {
    BodyDecoder decoder{plan};
    Outcome outcome;
    for (const std::string_view piece : pieces) {
        if (outcome.refusal.empty()) feed(decoder, piece, outcome);
    }
    return outcome;
}

TEST(BodyDecoder, of_no_body_is_done_and_takes_nothing) {
    BodyDecoder decoder;
    EXPECT_TRUE(decoder.done());
    EXPECT_TRUE(decoder.may_end_here());
    EXPECT_EQ(decoder.left(), 0U);
    const Result<BodyDecoder::Step> step = decoder.decode("GET / HTTP/1.1\r\n");
    ASSERT_TRUE(step);
    EXPECT_EQ(step->consumed, 0U);
    EXPECT_TRUE(BodyDecoder({Framing::length, 0}).done());
}

TEST(BodyDecoder, of_a_length_takes_that_many_bytes_and_leaves_the_next_message) {
    BodyDecoder decoder{{Framing::length, 5}};
    EXPECT_FALSE(decoder.done());
    EXPECT_EQ(decoder.left(), 5U);
    const std::string_view bytes = "helloGET / HTTP/1.1\r\n";
    const Result<BodyDecoder::Step> first = decoder.decode(bytes.substr(0, 2));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->payload, "he");
    EXPECT_EQ(decoder.left(), 3U);
    EXPECT_FALSE(decoder.may_end_here());
    const Result<BodyDecoder::Step> second = decoder.decode(bytes.substr(2));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->payload, "llo");
    EXPECT_EQ(second->consumed, 3U);
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(decoder.left(), 0U);
    EXPECT_EQ(decoder.decode(bytes.substr(5))->consumed, 0U);
}

TEST(BodyDecoder, counts_beyond_4_gib) {
    constexpr std::uint64_t length = 5ULL << 30;
    BodyDecoder decoder{{Framing::length, length}};
    ASSERT_TRUE(decoder.decode(std::string(1000, 'x')));
    EXPECT_EQ(decoder.left(), length - 1000);
}

TEST(BodyDecoder, until_close_takes_everything_and_is_never_done) {
    BodyDecoder decoder{{Framing::until_close, 0}};
    const Result<BodyDecoder::Step> step = decoder.decode("0\r\n\r\n");
    ASSERT_TRUE(step);
    EXPECT_EQ(step->payload, "0\r\n\r\n");
    EXPECT_EQ(step->consumed, 5U);
    EXPECT_FALSE(decoder.done());
    EXPECT_TRUE(decoder.may_end_here());
    EXPECT_EQ(decoder.left(), 0U);
}

TEST(BodyDecoder, of_any_kind_takes_nothing_from_no_bytes) {
    for (const BodyPlan plan :
         {BodyPlan{}, BodyPlan{Framing::length, 3}, chunked, BodyPlan{Framing::until_close, 0}}) {
        BodyDecoder decoder{plan};
        const Result<BodyDecoder::Step> step = decoder.decode("");
        ASSERT_TRUE(step);
        EXPECT_EQ(step->consumed, 0U);
        EXPECT_TRUE(step->payload.empty());
    }
}

template <class Body>
std::string name_of(const testing::TestParamInfo<Body>& info) {
    return info.param.name;
}

struct Chunked {
    std::string name;
    std::string bytes;
    std::string payload;
};
void PrintTo(const Chunked& body, std::ostream* out) { *out << body.bytes; }  // NOLINT: GoogleTest's name

const std::vector<Chunked>& good_bodies() {
    static const std::vector<Chunked> table{
        {"the_shortest", "0\r\n\r\n", ""},
        {"one_chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"},
        {"many_chunks", "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", "abcdef"},
        {"payload_that_looks_like_framing", "8\r\n0\r\n\r\n1\r\n\r\n0\r\n\r\n", "0\r\n\r\n1\r\n"},
        {"upper_case_size", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
        {"lower_case_size", "1f\r\n" + std::string(31, 'x') + "\r\n0\r\n\r\n", std::string(31, 'x')},
        {"a_size_of_nine", "9\r\n123456789\r\n0\r\n\r\n", "123456789"},
        {"leading_zeros", "0000000000000002\r\nab\r\n0000000000000000\r\n\r\n", "ab"},
        {"an_extension", "2;a\r\nab\r\n0\r\n\r\n", "ab"},
        {"an_extension_with_a_value", "2;a=b\r\nab\r\n0;c=d\r\n\r\n", "ab"},
        {"several_extensions", "2;a=b;c;d=\"e\"\r\nab\r\n0\r\n\r\n", "ab"},
        {"a_quoted_extension", "2;a=\"b;c=d\\\"e\\\\ \t\xff\"\r\nab\r\n0\r\n\r\n", "ab"},
        {"an_empty_quoted_extension", "2;a=\"\"\r\nab\r\n0\r\n\r\n", "ab"},
        {"blanks_around_extensions", "2 \t; a = b ;c ;\td\t=\t\"e\" ; f\r\nab\r\n0\r\n\r\n", "ab"},
        {"a_trailer", "0\r\nX: y\r\n\r\n", ""},
        {"trailers", "1\r\na\r\n0\r\nX: y\r\nZ:\r\nExpires: \t \x80\xff x\r\n\r\n", "a"},
    };
    return table;
}

class GoodBody : public testing::TestWithParam<Chunked> {};
INSTANTIATE_TEST_SUITE_P(chunked, GoodBody, testing::ValuesIn(good_bodies()), name_of<Chunked>);

TEST_P(GoodBody, is_decoded_and_the_next_message_is_left_alone) {
    const std::string bytes = GetParam().bytes + "0\r\n\r\nGET";
    EXPECT_EQ(decoded(chunked, {bytes}), (Outcome{GetParam().payload, GetParam().bytes.size(), true, ""}));
}

TEST_P(GoodBody, is_the_same_when_split_at_any_two_places) {
    const std::string_view bytes = GetParam().bytes;
    const Outcome whole = decoded(chunked, {bytes});
    for (std::size_t first = 0; first <= bytes.size(); ++first)
        for (std::size_t second = first; second <= bytes.size(); ++second)
            ASSERT_EQ(decoded(chunked, {bytes.substr(0, first), bytes.substr(first, second - first),
                                        bytes.substr(second)}),
                      whole)
                << "split at " << first << " and " << second;
}

TEST_P(GoodBody, is_not_done_before_its_last_byte) {
    const std::string_view bytes = GetParam().bytes;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        BodyDecoder decoder{chunked};
        Outcome outcome;
        feed(decoder, bytes.substr(0, size), outcome);
        ASSERT_TRUE(outcome.refusal.empty()) << outcome.refusal;
        ASSERT_FALSE(decoder.done()) << size;
        ASSERT_FALSE(decoder.may_end_here()) << size;
        ASSERT_EQ(outcome.consumed, size) << "everything is taken while the body lasts";
    }
}

struct BadChunked {
    std::string name;
    std::string bytes;  // refused at the last byte
    std::string detail;
};
void PrintTo(const BadChunked& body, std::ostream* out) { *out << body.bytes; }  // NOLINT: GoogleTest's name

const std::vector<BadChunked>& bad_bodies() {
    static const std::vector<BadChunked> table{
        {"no_size", "\r", "has no size"},
        {"no_size_before_an_extension", ";", "has no size"},
        {"a_bare_lf_as_size", "\n", "not a hexadecimal digit"},
        {"a_leading_space", " ", "not a hexadecimal digit"},
        {"a_signed_size", "+", "not a hexadecimal digit"},
        {"a_negative_size", "-", "not a hexadecimal digit"},
        {"a_size_with_0x", "0x", "not a hexadecimal digit"},
        {"a_size_with_a_g", "1g", "not a hexadecimal digit"},
        {"a_size_with_an_underscore", "1_", "not a hexadecimal digit"},
        {"a_size_with_a_quote", "1\"", "not a hexadecimal digit"},
        {"a_size_with_a_nul", "1\0"s, "not a hexadecimal digit"},
        {"a_size_with_a_byte_above_0x7f", "1\xb2", "not a hexadecimal digit"},
        {"a_size_of_17_digits", "00000000000000001", "16 digits"},
        {"a_size_of_2_to_the_63", "8000000000000000", "2^63-1"},
        {"a_size_of_2_to_the_64_less_1", "ffffffffffffffff", "2^63-1"},
        {"a_size_line_that_ends_in_lf", "1\n", "does not end in CRLF"},
        {"a_size_line_that_ends_in_cr", "1\rx", "does not end in CRLF"},
        {"a_space_after_the_size", "1 \r", "extension is malformed"},
        {"a_space_within_the_size", "1 1", "extension is malformed"},
        {"an_lf_after_a_blank", "1 \n", "does not end in CRLF"},
        {"an_empty_extension", "1;\r", "extension is malformed"},
        {"an_empty_extension_between_two", "1;;", "extension is malformed"},
        {"an_extension_without_a_name", "1;=", "extension is malformed"},
        {"an_extension_without_a_value", "1;a=\r", "extension is malformed"},
        {"an_extension_with_two_values", "1;a=b=", "extension is malformed"},
        {"an_extension_with_an_lf", "1;a\n", "does not end in CRLF"},
        {"an_extension_with_a_bare_cr", "1;a\rb", "does not end in CRLF"},
        {"an_extension_with_a_nul", "1;a\0"s, "extension is malformed"},
        {"an_extension_with_a_comma", "1;a,", "extension is malformed"},
        {"an_extension_with_a_byte_above_0x7f", "1;a=\xff", "extension is malformed"},
        {"two_words_as_an_extension", "1;a b", "extension is malformed"},
        {"two_words_as_a_value", "1;a=b c", "extension is malformed"},
        {"a_quote_within_a_value", "1;a=b\"", "extension is malformed"},
        {"a_word_after_a_quoted_value", "1;a=\"b\"c", "extension is malformed"},
        {"a_quoted_value_with_a_cr", "1;a=\"\r", "extension is malformed"},
        {"a_quoted_value_with_an_lf", "1;a=\"\n", "does not end in CRLF"},
        {"a_quoted_pair_with_a_control_byte", "1;a=\"\\\x01", "extension is malformed"},
        {"a_blank_before_the_line_end", "1;a \r", "extension is malformed"},
        {"data_longer_than_its_size", "1\r\nab", "longer than its size"},
        {"data_that_ends_in_lf", "1\r\na\n", "longer than its size"},
        {"data_that_ends_in_cr", "1\r\na\rb", "longer than its size"},
        {"data_without_its_end", "1\r\na0", "longer than its size"},
        {"a_bare_lf_after_the_last_chunk", "0\r\n\n", "trailer line does not end in CRLF"},
        {"a_bare_cr_after_the_last_chunk", "0\r\n\rx", "trailer line does not end in CRLF"},
        {"a_folded_trailer", "0\r\nX: y\r\n ", "obs-fold"},
        {"a_blank_before_the_first_trailer", "0\r\n\t", "obs-fold"},
        {"a_trailer_with_an_empty_name", "0\r\n:", "trailer field's name"},
        {"a_trailer_with_a_space_before_the_colon", "0\r\nX ", "trailer field's name"},
        {"a_trailer_without_a_colon", "0\r\nX\r", "trailer field's name"},
        {"a_trailer_with_a_control_byte", "0\r\nX: \x01", "control byte"},
        {"a_trailer_with_a_delete_byte", "0\r\nX: \x7f", "control byte"},
        {"a_trailer_that_ends_in_lf", "0\r\nX: y\n", "trailer line does not end in CRLF"},
        {"a_trailer_with_a_bare_cr", "0\r\nX: y\rz", "trailer line does not end in CRLF"},
    };
    return table;
}

class BadBody : public testing::TestWithParam<BadChunked> {};
INSTANTIATE_TEST_SUITE_P(chunked, BadBody, testing::ValuesIn(bad_bodies()), name_of<BadChunked>);

TEST_P(BadBody, is_refused_at_the_byte_that_spoils_it) {
    const std::string_view bytes = GetParam().bytes;
    const Outcome before = decoded(chunked, {bytes.substr(0, bytes.size() - 1)});
    EXPECT_EQ(before.refusal, "");
    const Outcome whole = decoded(chunked, {bytes});
    EXPECT_NE(whole.refusal.find(GetParam().detail), std::string::npos) << whole.refusal;
    EXPECT_EQ(whole.consumed, bytes.size() - 1) << "payload before it is still handed out";
    EXPECT_EQ(whole.payload, before.payload);
}

TEST_P(BadBody, is_refused_alike_when_split_anywhere) {
    const std::string bytes = GetParam().bytes + "\r\n0\r\n\r\n";
    const Outcome whole = decoded(chunked, {bytes});
    for (std::size_t split = 0; split <= bytes.size(); ++split)
        ASSERT_EQ(decoded(chunked,
                          {std::string_view{bytes}.substr(0, split), std::string_view{bytes}.substr(split)}),
                  whole)
            << split;
}

TEST(BodyDecoder, refuses_a_byte_again_and_again) {
    BodyDecoder decoder{chunked};
    ASSERT_TRUE(decoder.decode("1\r\nab"));  // "b" is left
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(decoder.decode("b"));
    EXPECT_FALSE(decoder.done());
}

TEST(BodyDecoder, takes_4_kib_of_extensions_a_line_and_no_byte_more) {
    const auto line = [](std::size_t extension_bytes) {
        return "1;" + std::string(extension_bytes - 1, 'a') + "\r\n";
    };
    EXPECT_EQ(decoded(chunked, {line(4096)}).refusal, "");
    EXPECT_NE(decoded(chunked, {line(4097)}).refusal.find("4 KiB"), std::string::npos);
    const std::string again = line(4096) + "x\r\n" + line(4096) + "y\r\n0\r\n\r\n";  // each line has its own
    EXPECT_EQ(decoded(chunked, {again}), (Outcome{"xy", again.size(), true, ""}));
}

TEST(BodyDecoder, takes_8_kib_of_trailers_in_all_and_no_byte_more) {
    const auto trailers = [](std::size_t bytes) {
        const std::string first = "X: " + std::string(4000, 'x') + "\r\n";
        const std::string second = "Y: " + std::string(bytes - first.size() - 7, 'y') + "\r\n\r\n";
        return "0\r\n" + first + second;
    };
    EXPECT_TRUE(decoded(chunked, {trailers(8192)}).done);
    EXPECT_NE(decoded(chunked, {trailers(8193)}).refusal.find("8 KiB"), std::string::npos);
}

TEST(BodyDecoder, takes_the_largest_chunk_size) {
    BodyDecoder decoder{chunked};
    const Result<BodyDecoder::Step> step = decoder.decode("7fffffffffffffff\r\nabc");
    ASSERT_TRUE(step);
    EXPECT_EQ(step->payload, "abc");
    EXPECT_EQ(decoder.left(), 0U) << "how much is left of a chunked body is not known";
}

TEST(BodyDecoder, hands_out_the_last_payload_together_with_the_end) {
    BodyDecoder decoder{chunked};
    const std::string_view bytes = "5\r\nhello\r\n0\r\n\r\n";
    const Result<BodyDecoder::Step> step = decoder.decode(bytes);
    ASSERT_TRUE(step);
    EXPECT_EQ(step->payload, "hello");
    EXPECT_EQ(step->consumed, bytes.size());
    EXPECT_TRUE(decoder.done());
}

TEST(BodyDecoder, reads_what_the_writer_frames) {
    for (const std::size_t size : {1U, 15U, 16U, 255U, 4096U, 65537U}) {
        const std::string payload(size, 'p');
        const std::string bytes = std::string{ChunkHead{size}.bytes()} + payload + std::string{chunk_tail} +
                                  std::string{last_chunk};
        EXPECT_EQ(decoded(chunked, {bytes}), (Outcome{payload, bytes.size(), true, ""}));
    }
}

}  // namespace
}  // namespace outrigger::http1
