// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <outrigger/metrics/http_server.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>

#include "sidecar/ingress/response_writer.hpp"
#include "sidecar/ingress/service.hpp"
#include "sidecar/proxy/conductor.hpp"

namespace outrigger::ingress {

// An exchange that is over, as the event that tells of it. Its views are those of the exchange.
[[nodiscard]] middleware::ExchangeEnded ended(const Incoming& incoming, const proxy::Exchange& exchange,
                                              const proxy::Reply& reply, const Written& written,
                                              metrics::HttpRoute route, std::optional<metrics::StreamKind> stream) noexcept;

// Answers what never became an exchange with the fault, closes the connection, and returns the event that tells of it.
// `idle`: how long the caller may take no byte of it.
[[nodiscard]] Task<middleware::ExchangeEnded> answer_refused(Incoming& incoming, Fault fault, Duration idle);

}  // namespace outrigger::ingress
