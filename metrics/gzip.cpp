// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/page.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <vector>

namespace outrigger::metrics {
namespace {

constexpr int level = 1;   // the fastest: on a text page a third larger than 6, in a third of the time
constexpr int with_gzip_head = MAX_WBITS + 16;   // zlib.h, deflateInit2
constexpr int memory_level = 8;                 // its default

class Deflate {
public:
    Deflate() {
        if (::deflateInit2(&stream_, level, Z_DEFLATED, with_gzip_head, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc{};   // the only way to fail: the arguments are right
    }
    ~Deflate() { ::deflateEnd(&stream_); }
    Deflate(const Deflate&) = delete;
    Deflate& operator=(const Deflate&) = delete;

    std::string all(std::string_view bytes) {
        std::string compressed;
        std::vector<char> block(64 * 1024);
        do {
            const std::size_t part = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
            // zlib only reads from it; its older interface has no const.
            stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
            stream_.avail_in = static_cast<uInt>(part);
            bytes.remove_prefix(part);
            const int flush = bytes.empty() ? Z_FINISH : Z_NO_FLUSH;
            do {
                stream_.next_out = reinterpret_cast<Bytef*>(block.data());
                stream_.avail_out = static_cast<uInt>(block.size());
                (void)::deflate(&stream_, flush);   // cannot fail: there is always room
                compressed.append(block.data(), block.size() - stream_.avail_out);
            } while (stream_.avail_out == 0);
        } while (!bytes.empty());
        return compressed;
    }

private:
    z_stream stream_{};
};

}  // namespace

std::string gzip(std::string_view bytes) { return Deflate{}.all(bytes); }

}  // namespace outrigger::metrics
