// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/page.hpp>

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace outrigger::metrics {
namespace {

std::string unpacked(std::string packed, std::size_t size) {
    std::string bytes(size + 1, '\0');
    z_stream stream{};
    EXPECT_EQ(::inflateInit2(&stream, MAX_WBITS + 16), Z_OK);   // only gzip's head is taken
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
    EXPECT_EQ(stream.avail_in, 0U);
    bytes.resize(stream.total_out);
    ::inflateEnd(&stream);
    return bytes;
}

TEST(Gzip, what_is_unpacked_is_what_was_packed) {
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes += "some_metric{number=\"" + std::to_string(i) + "\"} 1\n";
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, bytes.size()}) {
        const std::string part = bytes.substr(0, size);
        EXPECT_EQ(unpacked(gzip(part), size), part);
    }
    EXPECT_LT(gzip(bytes).size(), bytes.size() / 5);
}

}  // namespace
}  // namespace outrigger::metrics
