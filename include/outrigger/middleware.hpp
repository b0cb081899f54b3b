// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::middleware. What joins the others: an event becomes a metric and a log line.
// Not among them are those that need a library of yours, each by itself: httplib_client.hpp, libcurl.hpp, curl_calls.hpp ...

#include <outrigger/middleware/circuit_health.hpp>
#include <outrigger/middleware/circuit_view.hpp>
#include <outrigger/middleware/client_call.hpp>
#include <outrigger/middleware/client_telemetry.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include <outrigger/middleware/exposed_pages.hpp>
#include <outrigger/middleware/health_metrics.hpp>
#include <outrigger/middleware/http_observer.hpp>
#include <outrigger/middleware/lifecycle.hpp>
#include <outrigger/middleware/limit_metrics.hpp>
#include <outrigger/middleware/log_metrics.hpp>
#include <outrigger/middleware/operational_log.hpp>
#include <outrigger/middleware/policy_telemetry.hpp>
#include <outrigger/middleware/push.hpp>
#include <outrigger/middleware/record.hpp>
#include <outrigger/middleware/route_pattern.hpp>
#include <outrigger/middleware/trace_parent.hpp>
