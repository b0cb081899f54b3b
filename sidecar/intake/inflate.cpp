// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/inflate.hpp"

#include <zlib.h>

#include <algorithm>

namespace outrigger::intake {
namespace {

constexpr int gzip_only = 15 + 16;   // the largest window, and a gzip header

struct Stream : z_stream {
    Stream() noexcept : z_stream{} { sound = ::inflateInit2(this, gzip_only) == Z_OK; }
    ~Stream() {
        if (sound) ::inflateEnd(this);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    bool sound = false;
};

}   // namespace

Inflated inflate_gzip(std::string_view packed, Bytes most, std::string& out) {
    Stream stream;
    if (!stream.sound || packed.size() > UINT32_MAX) return Inflated::broken;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));   // it only reads
    stream.avail_in = static_cast<uInt>(packed.size());
    for (std::size_t size = 0;;) {
        if (size > most.count()) return Inflated::too_large;
        // At most one byte more, which tells that it is too much.
        out.resize(std::min<std::size_t>(std::max<std::size_t>(2 * size, 16 * 1024), most.count() + 1));
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
        stream.avail_out = static_cast<uInt>(out.size() - size);
        const int step = ::inflate(&stream, Z_NO_FLUSH);
        size = out.size() - stream.avail_out;
        if (step == Z_STREAM_END && stream.avail_in == 0) {
            out.resize(size);
            return size > most.count() ? Inflated::too_large : Inflated::whole;
        }
        if (step == Z_STREAM_END) {   // members of gzip may follow each other
            if (::inflateReset(&stream) != Z_OK) return Inflated::broken;
        } else if (step != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
            return Inflated::broken;
        }
    }
}

}   // namespace outrigger::intake
