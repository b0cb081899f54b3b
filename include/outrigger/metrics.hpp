// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::metrics. Instruments, registry, pages for Prometheus. Needs prometheus-cpp.

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
