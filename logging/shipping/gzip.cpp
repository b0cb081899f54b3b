// SPDX-License-Identifier: Apache-2.0
#include "gzip.hpp"

#include <cstdint>
#include <new>

#include <zlib.h>

namespace outrigger::logging {

struct Gzip::Stream : z_stream {};

void Gzip::End::operator()(Stream* stream) const noexcept {
    deflateEnd(stream);
    delete stream;
}

// The fastest level: log records shrink to a tenth with any.
Gzip::Gzip() : stream_{new Stream{}} {
    constexpr int window_bits = 15 + 16;   // with a gzip header
    if (deflateInit2(stream_.get(), Z_BEST_SPEED, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc{};
}

void Gzip::compress(std::string_view text, std::string& to) {
    deflateReset(stream_.get());
    to.resize(deflateBound(stream_.get(), static_cast<uLong>(text.size())));
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));   // it is only read
    stream_->avail_in = static_cast<uInt>(text.size());
    stream_->next_out = reinterpret_cast<Bytef*>(to.data());
    stream_->avail_out = static_cast<uInt>(to.size());
    deflate(stream_.get(), Z_FINISH);   // in one go: deflateBound() says that there is room
    to.resize(to.size() - stream_->avail_out);
}

}   // namespace outrigger::logging
