// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <outrigger/core/result.hpp>

#include "sidecar/http1/http_stream.hpp"

namespace outrigger::proxy {

// An answer that the sidecar itself gives. The only place where a fault becomes a status.
struct LocalReply {
    Fault fault;
    std::string_view detail;       // a sentence that a tired engineer understands; in the arena or static
    std::string_view request_id;   // may be empty: the request was never understood
};

// Writes it as application/problem+json (RFC 9457) with Proxy-Status (RFC 9209), and ends the reply. The caller
// pushes. `to_head`: the request was HEAD, so only the head is sent.
// `allow`: the methods that would do, for method_not_allowed.
// Returns the bytes of its body.
std::uint64_t write_local_reply(const LocalReply& reply, http1::HttpServerStream& downstream, net::Arena& arena,
                                bool to_head, std::string_view allow = {});

// The sentence for a fault while talking to `endpoint`.
[[nodiscard]] std::string_view explain(const Fault& fault, std::string_view endpoint, net::Arena& arena);

}  // namespace outrigger::proxy
