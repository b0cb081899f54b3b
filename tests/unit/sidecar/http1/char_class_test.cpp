// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/char_class.hpp"

#include "sidecar/http1/scan.hpp"

#include <gtest/gtest.h>

#include <string>

namespace outrigger::http1 {
namespace {

using Skip = const char* (*)(const char*, const char*);

struct Walk {
    Skip skip;
    std::uint8_t wanted;
    char ordinary;  // a byte of the class, to fill with
};

constexpr Walk walks[]{{skip_value, char_class::value, 'v'},
                       {skip_target, char_class::target, 't'},
                       {skip_token, char_class::token, 'n'},
                       {skip_reg_name, char_class::reg_name, 'h'}};

// The 16-byte walks must stop exactly where the table says, for each byte at each place of each length.
TEST(Scan, stops_where_the_table_says) {
    for (const Walk& walk : walks)
        for (int value = 0; value < 256; ++value)
            for (std::size_t size = 1; size <= 35; ++size)
                for (std::size_t place = 0; place < size; ++place) {
                    std::string bytes(size, walk.ordinary);
                    bytes[place] = static_cast<char>(value);
                    const std::size_t wanted = is(static_cast<char>(value), walk.wanted) ? size : place;
                    const char* const stop = walk.skip(bytes.data(), bytes.data() + size);
                    ASSERT_EQ(static_cast<std::size_t>(stop - bytes.data()), wanted)
                        << value << " " << size << " " << place;
                }
}

TEST(Scan, of_no_bytes_is_at_the_end) {
    for (const Walk& walk : walks) EXPECT_EQ(walk.skip(nullptr, nullptr), nullptr);
}

TEST(CharClass, of_hexadecimal_digits_has_22_bytes) {
    int count = 0;
    for (int value = 0; value < 256; ++value) count += is(static_cast<char>(value), char_class::hex) ? 1 : 0;
    EXPECT_EQ(count, 22);
    EXPECT_TRUE(all_are("0123456789abcdefABCDEF", char_class::hex));
}

TEST(CharClass, of_quoted_text_is_that_of_values_without_quote_and_backslash) {
    for (int value = 0; value < 256; ++value) {
        const char byte = static_cast<char>(value);
        EXPECT_EQ(is(byte, char_class::quoted), is(byte, char_class::value) && byte != '"' && byte != '\\')
            << value;
    }
}

TEST(KnownName, of_each_length_is_known_in_any_case_and_not_with_any_other_byte) {
    const auto probe = [](const auto& known, std::string name) {
        std::string upper = name;
        for (char& byte : upper) byte = byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 32) : byte;
        EXPECT_TRUE(known.is(name) && known.is(upper)) << name;
        EXPECT_FALSE(known.is(name + "x") || known.is(name.substr(1))) << name;
        for (std::size_t place = 0; place < name.size(); ++place)
            for (int value = 0; value < 256; ++value) {
                std::string other = name;
                other[place] = static_cast<char>(value);
                if (!is(other[place], char_class::value)) continue;
                EXPECT_EQ(known.is(other), lower(other[place]) == name[place]) << other;
            }
    };
    static constexpr KnownName two = "te";
    static constexpr KnownName four = "host";
    static constexpr KnownName seven = "upgrade";
    static constexpr KnownName eight = "x-abcdef";
    static constexpr KnownName eleven = "traceparent";
    static constexpr KnownName nineteen = "proxy-authorization";
    probe(two, "te");
    probe(four, "host");
    probe(seven, "upgrade");
    probe(eight, "x-abcdef");
    probe(eleven, "traceparent");
    probe(nineteen, "proxy-authorization");
}

}  // namespace
}  // namespace outrigger::http1
