// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "sidecar/ingress/service.hpp"
#include "sidecar/proxy/conductor.hpp"

namespace outrigger::ingress {

// How the answer went out.
struct Written {
    int status = 0;
    std::optional<Fault> fault;   // why it is our own answer, or why it broke off
    std::string_view detail;      // the sentence for it
    Instant head_at{};            // when the reply's head was written
    bool streams = false;         // an event stream or a tunnel: what follows the head takes as long as it takes
};

// Writes a reply to the caller: our own whole, an endpoint's with back-pressure as it comes. Ends when the last byte
// has been given to the kernel, or nobody wants it any more; and when the upload has ended.
[[nodiscard]] Task<Written> write_reply(proxy::Exchange& exchange, proxy::Reply& reply, const Lifecycle& lifecycle,
                                        Duration stream_idle);

}  // namespace outrigger::ingress
