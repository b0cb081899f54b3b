// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::health_drivers. Checks that ask servers: HTTP, Redis, PostgreSQL, certificates. Needs
// libcurl and libpq.

#include <outrigger/health/drivers.hpp>
