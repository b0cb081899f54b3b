// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>

#include "sidecar/http1/message.hpp"
#include "sidecar/http1/writer.hpp"
#include "sidecar/net/arena.hpp"

namespace outrigger::http1 {

// Writes a head into the arena: what `first` writes (the start line and the stream's own fields), then `fields`.
template <class First>
[[nodiscard]] std::string_view head_text(net::Arena& arena, const Fields& fields, First first) {
    // Mostly what is left of a page will do; else twice as much, and so on. Heads are bounded by limits.header_bytes.
    for (std::span<char> room = arena.rest();; room = arena.room(std::max(2 * room.size(), net::page_bytes))) {
        HeadWriter out{room};
        first(out);
        out.fields(fields);
        out.end();
        if (!out.overflowed()) {
            arena.keep(out.written().size());
            return {room.data(), out.written().size()};
        }
        arena.keep(0);
    }
}

}  // namespace outrigger::http1
