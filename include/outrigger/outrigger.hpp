// SPDX-License-Identifier: Apache-2.0
#pragma once

// The whole library, as far as it is installed. Each component can be had alone: include <outrigger/<component>.hpp> or
// what you use of it, link outrigger::<component>.

#include <outrigger/core.hpp>
#if __has_include(<outrigger/health.hpp>)
#include <outrigger/health.hpp>
#endif
#if __has_include(<outrigger/health_drivers.hpp>)
#include <outrigger/health_drivers.hpp>
#endif
#if __has_include(<outrigger/logging.hpp>)
#include <outrigger/logging.hpp>
#endif
#if __has_include(<outrigger/metrics.hpp>)
#include <outrigger/metrics.hpp>
#endif
#if __has_include(<outrigger/middleware.hpp>)
#include <outrigger/middleware.hpp>
#endif
#if __has_include(<outrigger/resilience.hpp>)
#include <outrigger/resilience.hpp>
#endif
#if __has_include(<outrigger/shipping.hpp>)
#include <outrigger/shipping.hpp>
#endif
