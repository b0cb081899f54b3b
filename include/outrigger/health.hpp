// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::health. Checks, their registry, the documents. No third party.

#include <outrigger/health/indicators.hpp>
#include <outrigger/health/registry.hpp>
