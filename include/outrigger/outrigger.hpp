// SPDX-License-Identifier: Apache-2.0
#pragma once

// The whole library. Each component can be had alone: include what you use, link outrigger::<component>.

#include <outrigger/core/cancel.hpp>
#include <outrigger/core/clock.hpp>
#include <outrigger/core/describe.hpp>
#include <outrigger/core/executor.hpp>
#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/core/text_format.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/core/units_text.hpp>
#include <outrigger/core/utf8.hpp>
#include <outrigger/core/validate.hpp>
#include <outrigger/health/registry.hpp>
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/level.hpp>
#include <outrigger/logging/writer.hpp>
#include <outrigger/metrics/http_client.hpp>
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/http_server_summary.hpp>
#include <outrigger/metrics/learned_routes.hpp>
#include <outrigger/metrics/page.hpp>
#include <outrigger/metrics/process_metrics.hpp>
#include <outrigger/metrics/push.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/metrics/route_template.hpp>
#include <outrigger/metrics/scope.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include <outrigger/middleware/limit_metrics.hpp>
#include <outrigger/middleware/log_metrics.hpp>
#include <outrigger/middleware/operational_log.hpp>
#include <outrigger/middleware/push.hpp>
#include <outrigger/resilience/bulkhead.hpp>
#include <outrigger/resilience/jitter.hpp>
