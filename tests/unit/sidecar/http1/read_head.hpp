// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "sidecar/http1/http_stream.hpp"

namespace outrigger::http1 {

// The shortest request there is, sent. False: it was not taken.
inline bool send_get(HttpClientStream& stream, net::Arena& arena) {
    RequestHead request;
    request.method = "GET";
    request.path = "/";
    request.host = "shop";
    stream.write_head(request, arena);
    stream.end_body({});
    return stream.push().has_value();
}

// A reply's head, waited for.
inline Task<Result<void>> read_head(HttpClientStream& stream, ResponseHead& head, net::Arena& arena, net::Scratch& scratch,
                                    const Wait& wait) {
    for (;;) {
        if (std::optional<Result<void>> read = stream.try_head(head, arena, scratch)) co_return *read;
        Result<void> ready = co_await stream.readable().wait(wait);
        if (!ready) co_return ready;
    }
}

}   // namespace outrigger::http1
