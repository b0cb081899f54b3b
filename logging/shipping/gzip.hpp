// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace outrigger::logging {

// Compresses texts, one after the other, for Content-Encoding: gzip. Keeps the compressor's memory (256 KiB) for the
// next one. Not thread-safe.
class Gzip {
public:
    Gzip();   // throws std::bad_alloc
    // Replaces what `to` holds.
    void compress(std::string_view text, std::string& to);

private:
    struct Stream;
    struct End {
        void operator()(Stream* stream) const noexcept;
    };
    std::unique_ptr<Stream, End> stream_;
};

}   // namespace outrigger::logging
