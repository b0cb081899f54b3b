// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <outrigger/core/result.hpp>

#include "sidecar/proxy/exchange.hpp"
#include "sidecar/proxy/local_reply.hpp"

namespace outrigger::proxy {

// Our own answer to a call that got no reply: the sentence names what stopped it, and the setting if it was one of ours.
// `endpoint`: whom the call was at; may be empty.
[[nodiscard]] LocalReply refusal(Exchange& exchange, const Fault& fault, std::string_view endpoint);

// The same for a call that waited for a slot.
[[nodiscard]] LocalReply slot_refusal(Exchange& exchange, const Fault& fault);

}  // namespace outrigger::proxy
