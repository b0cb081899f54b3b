// SPDX-License-Identifier: Apache-2.0
#include "logging/shipping/gzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace outrigger::logging {
namespace {

std::string unpacked(std::string_view packed) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string text(std::size_t{4} << 20, '\0');
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    text.resize(stream.total_out);
    inflateEnd(&stream);
    return text;
}

TEST(Gzip, one_text_after_the_other_comes_back_as_it_was) {
    Gzip gzip;
    std::string packed;
    std::string noise;
    for (unsigned i = 0, x = 1; i < 100'000; ++i) noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
    for (const std::string& text :
         {std::string{"a"}, std::string(1'000'000, 'x'), noise, std::string{}, std::string{"again"}}) {
        gzip.compress(text, packed);
        EXPECT_EQ(unpacked(packed), text);
    }
}

}   // namespace
}   // namespace outrigger::logging
