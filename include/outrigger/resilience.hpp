// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::resilience. Policies around a call: time limits, retries, breakers, limits. No third party.

#include <outrigger/resilience/backoff.hpp>
#include <outrigger/resilience/breaker.hpp>
#include <outrigger/resilience/bulkhead.hpp>
#include <outrigger/resilience/configured_pipeline.hpp>
#include <outrigger/resilience/fallback.hpp>
#include <outrigger/resilience/http_reply.hpp>
#include <outrigger/resilience/jitter.hpp>
#include <outrigger/resilience/keyed.hpp>
#include <outrigger/resilience/pipeline.hpp>
#include <outrigger/resilience/rate_limit.hpp>
#include <outrigger/resilience/retry.hpp>
#include <outrigger/resilience/retry_after.hpp>
#include <outrigger/resilience/retry_budget.hpp>
#include <outrigger/resilience/timeout.hpp>
