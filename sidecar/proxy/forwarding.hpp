// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/proxy/exchange.hpp"

namespace outrigger::proxy {

// Makes the caller's request fit to go on: hop-by-hop and framing fields go (the codec writes its own); X-Forwarded-For
// is appended to; X-Forwarded-Proto, X-Forwarded-Host and X-Request-Id are set where absent; traceparent is ours.
// Fault: not_implemented for CONNECT where it is not taken, body_too_large when it announces too much.
[[nodiscard]] Result<void> prepare_request(Exchange& exchange);

// The same for the endpoint's reply on its way to the caller.
void prepare_reply(http1::ResponseHead& head);

}  // namespace outrigger::proxy
