// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <outrigger/metrics/http_server.hpp>

#include "sidecar/ingress/service.hpp"
#include "sidecar/proxy/conductor.hpp"

namespace outrigger::ingress {

// How the answer went out.
struct Written {
    int status = 0;
    std::optional<Fault> fault;   // why it is our own answer, or why it broke off
    std::string_view detail;      // the sentence for it
    Instant head_at{};            // when the reply's head was written
};

// What goes on behind the reply's head for as long as it likes; nothing: an ordinary body, or our own reply.
[[nodiscard]] std::optional<metrics::StreamKind> stream_kind(proxy::Exchange& exchange, const proxy::Reply& reply) noexcept;

// Writes a reply to the caller: our own whole, an endpoint's with back-pressure as it comes. Ends when the last byte
// has been given to the kernel, or nobody wants it any more; and when the upload has ended. `idle`: how long no byte of it
// may move.
[[nodiscard]] Task<Written> write_reply(proxy::Exchange& exchange, proxy::Reply& reply, const Lifecycle& lifecycle,
                                        Duration idle);

}  // namespace outrigger::ingress
