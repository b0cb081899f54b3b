// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "sidecar/http1/message.hpp"
#include "sidecar/http1/writer.hpp"
#include "sidecar/net/arena.hpp"

namespace outrigger::http1 {

// Writes a head into the arena: what `first` writes (the start line and the stream's own fields), then `fields`.
template <class First>
[[nodiscard]] std::string_view head_text(net::Arena& arena, const Fields& fields, First first) {
    std::size_t bound = 512;   // first lines: a status line, Content-Length, Connection; a request adds its own below
    for (const Field& field : fields.all()) bound += field.name.size() + field.value.size() + 4;
    for (;;) {
        const std::span<char> room = arena.room(bound);
        HeadWriter out{room};
        first(out);
        out.fields(fields.all());
        out.end();
        if (!out.overflowed()) {
            arena.keep(out.written().size());
            return {room.data(), out.written().size()};
        }
        arena.keep(0);
        bound *= 2;   // a long target; bounded by limits.header_bytes
    }
}

}  // namespace outrigger::http1
