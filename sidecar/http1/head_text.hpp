// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "sidecar/http1/message.hpp"
#include "sidecar/http1/outbox.hpp"
#include "sidecar/http1/writer.hpp"
#include "sidecar/net/arena.hpp"

namespace outrigger::http1 {

// Writes a head into the arena: what `first` writes (the start line and the stream's own fields), then `fields`. With
// room behind it for a short body, if one may follow.
template <class First>
[[nodiscard]] HeadText head_text(net::Arena& arena, const Fields& fields, bool body_follows, First first) {
    // Mostly what is left of a page will do; else twice as much, and so on. Heads are bounded by limits.header_bytes.
    for (std::span<char> room = arena.rest();; room = arena.room(std::max(2 * room.size(), net::page_bytes))) {
        HeadWriter out{room};
        first(out);
        out.fields(fields);
        out.end();
        if (!out.overflowed()) {
            const std::size_t size = out.written().size();
            const std::size_t spare = body_follows ? std::min(room.size() - size, HeadText::spare_max) : 0;
            arena.keep(size + spare);
            return {room.data(), size, spare};
        }
        arena.keep(0);
    }
}

}  // namespace outrigger::http1
