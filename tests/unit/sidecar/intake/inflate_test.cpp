// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/inflate.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace outrigger::intake {
namespace {

std::string packed(const std::string& plain) {
    z_stream stream{};
    EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(plain.size() + 1000, '\0');
    std::string in = plain;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

TEST(Inflate, unpacks_what_fits) {
    for (const std::size_t size : {0U, 1U, 16'384U, 16'385U, 100'000U}) {
        const std::string plain(size, 'x');
        std::string out;
        EXPECT_EQ(inflate_gzip(packed(plain), Bytes{100'000}, out), Inflated::whole) << size;
        EXPECT_EQ(out, plain) << size;
        EXPECT_EQ(inflate_gzip(packed(plain) + packed("y"), Bytes{100'001}, out), Inflated::whole) << size;
        EXPECT_EQ(out, plain + 'y') << size;
    }
}

TEST(Inflate, stops_at_the_bound) {
    std::string out;
    EXPECT_EQ(inflate_gzip(packed(std::string(100'001, 'x')), Bytes{100'000}, out), Inflated::too_large);
    std::string little;
    EXPECT_EQ(inflate_gzip(packed(std::string(5'000'000, 'x')), Bytes{1000}, little), Inflated::too_large);
    EXPECT_LE(little.size(), 1001U);   // whatever the packed bytes stand for
}

TEST(Inflate, refuses_what_is_broken) {
    const std::string whole = packed("some text that is packed");
    std::string out;
    EXPECT_EQ(inflate_gzip("", Bytes{1000}, out), Inflated::broken);
    EXPECT_EQ(inflate_gzip("no gzip", Bytes{1000}, out), Inflated::broken);
    for (std::size_t cut = 1; cut < whole.size(); ++cut)
        EXPECT_EQ(inflate_gzip(whole.substr(0, cut), Bytes{1000}, out), Inflated::broken) << cut;
    EXPECT_EQ(inflate_gzip(whole + "x", Bytes{1000}, out), Inflated::broken);
}

}   // namespace
}   // namespace outrigger::intake
